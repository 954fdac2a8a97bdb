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
  /** `haproxy:3.0`, or whichever image is named. */
  readonly image: string;
  /** Folder of the switch on this machine; its configuration, backends and sockets. */
  readonly folder: string;
  /** Who it runs as, so that its sockets can be used by whoever runs Onward. */
  readonly user: string;
}

/** The service of the switch in the Compose project. */
export const SWITCH_SERVICE = 'onward-switch';
/** Where its folder stands in its container. */
export const SWITCH_MOUNT = '/onward';

export interface Door {
  /** In the switch's container. */
  readonly bind: number;
  readonly mode: 'http' | 'tcp';
  readonly services: readonly MovedService[];
  /** The port of the host that leads here. */
  readonly host?: MovedService['host'];
}

const FIRST_OWN_PORT = 20_000;

/**
 * The ports of the switch. Where one service alone uses a port it is the same inside and outside. Where several use it, requests between
 * services are told apart by the name that they ask for, and each host port gets a door of its own.
 */
export function listDoors(services: readonly MovedService[]): readonly Door[] {
  const ports = [...new Set(services.map(({ port }) => port))];
  const inner = ports.map((bind) => {
    const own = services.filter(({ port }) => port === bind);
    const [first] = own;
    const host = own.length === 1 ? first?.host : undefined;
    return { bind, mode: first?.mode ?? 'http', services: own, ...(host ? { host } : {}) };
  });
  const shared = services.filter(
    ({ port, host }) => host && services.filter((other) => other.port === port).length > 1,
  );
  const outer = shared.map((service, index) => ({
    bind: FIRST_OWN_PORT + index,
    mode: service.mode,
    services: [service],
    ...(service.host ? { host: service.host } : {}),
  }));
  return [...inner, ...outer];
}
