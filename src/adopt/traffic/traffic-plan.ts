/** One service whose traffic is brought behind the switch. */
export interface MovedService {
  /** Its name in onward.yaml. */
  readonly name: string;
  /** Its name in compose.yaml, by which other services ask for it. */
  readonly origin: string;
  readonly backend: string;
  readonly mode: 'http' | 'tcp';
  /** Inside of its containers, and of the switch's. */
  readonly port: number;
  /** The port of the host that it holds now, and that the switch gets. */
  readonly host?: { readonly ip?: string; readonly port: number };
  /** Its other published ports, which it keeps; as Compose writes them. */
  readonly otherPorts: readonly string[];
  /** Networks by their names in compose.yaml, and what it is called there beside its own name. */
  readonly networks: readonly { readonly name: string; readonly aliases: readonly string[] }[];
}

/** Everything that the step writes and does, decided beforehand. */
export interface TrafficPlan {
  readonly services: readonly MovedService[];
  /** `haproxy:2.6`, or whichever image is named. */
  readonly image: string;
  /** Folder of the switch on this machine; its configuration, backends and sockets. */
  readonly folder: string;
  /** Who it runs as, so that its sockets can be used by whoever runs Onward. */
  readonly user: string;
  /** How long a container of before may take to finish what it has; meanwhile nobody answers on its host port. */
  readonly graceMs: number;
}

/** The service of the switch in the Compose project. */
export const SWITCH_SERVICE = 'onward-switch';
