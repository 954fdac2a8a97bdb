/** Where the ready-made HAProxy keeps what belongs to one service, relative to the folder of onward.yaml. */
export function switchFiles(service: string): {
  readonly socket: string;
  readonly backend: string;
  readonly file: string;
} {
  return { socket: './haproxy/run/admin.sock', backend: service, file: `./haproxy/backends/${service}.cfg` };
}
