/** Folder of the ready-made HAProxy, relative to that of onward.yaml. */
export const SWITCH_FOLDER = 'haproxy';

/** Where it keeps what belongs to one service, relative to the folder of onward.yaml. */
export function switchFiles(service: string): {
  readonly socket: string;
  readonly master: string;
  readonly backend: string;
  readonly file: string;
} {
  const folder = `./${SWITCH_FOLDER}`;
  return {
    socket: `${folder}/run/admin.sock`,
    master: `${folder}/run/master.sock`,
    backend: service,
    file: `${folder}/backends/${service}.cfg`,
  };
}
