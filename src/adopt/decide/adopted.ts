import type { ReadyProbe, RollClass } from '../../model/index.ts';
import type { AdoptedDatabase } from './databases.ts';
import type { Decision } from './decision.ts';
import type { ServiceKind } from './service-kind.ts';

/** A service of the application, with everything that was decided of it. */
export interface AdoptedService {
  /** Its name in onward.yaml. */
  readonly name: string;
  /** Its name in compose.yaml, or the unit on its hosts. */
  readonly origin: string;
  readonly kind: Decision<ServiceKind>;
  readonly roll: Decision<RollClass>;
  readonly ready: Decision<ReadyProbe>;
  readonly port: Decision<number | undefined>;
  readonly replicas: Decision<number>;
  readonly after: readonly string[];
  /** Host ports, or the names of a proxy, that clients reach it by. */
  readonly entry?: Decision<{ readonly host: string; readonly port: number }>;
  readonly mode: 'http' | 'tcp';
  /** From SIGTERM to SIGKILL, as in `30s`. */
  readonly grace?: string;
  /** `repository@sha256:…` of what runs, where registries know it, else the image's own id. */
  readonly image: Decision<string | undefined>;
  readonly database?: string;
}

/** Everything that was decided of a Compose project. */
export interface AdoptedProject {
  readonly name: string;
  readonly product: Decision<string>;
  readonly services: readonly AdoptedService[];
  readonly databases: readonly AdoptedDatabase[];
  /** Services that no release touches, and why. */
  readonly others: readonly { readonly name: string; readonly kind: Decision<ServiceKind> }[];
  readonly proxies: readonly AdoptedProxy[];
  /** Profiles whose services run. */
  readonly profiles: readonly string[];
}

/** A proxy that stands in the project already. */
export interface AdoptedProxy {
  readonly name: string;
  readonly software: string;
  /** Services of the application that its configuration names. */
  readonly fronts: readonly string[];
  /** What that means for the switch. */
  readonly advice: string;
  /** Of a HAProxy: the socket of its runtime API and its backends, as its configuration names them. */
  readonly haproxy?: { readonly socket?: string; readonly backends: readonly string[] };
}
