import type { ReadyProbe, RollClass } from '../../model/index.ts';
import type { AdoptedDatabase } from './databases.ts';
import type { Decision } from './decision.ts';
import type { FrontedService, OwnHaproxy } from './own-haproxy.ts';
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
  /** The operator's own HAProxy, where it sends requests to this service and can be the switch. */
  readonly front?: { readonly own: OwnHaproxy; readonly fronted: FrontedService };
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
  /** What that means for the switch, where it cannot be it itself. */
  readonly advice: string;
  /** Of a HAProxy that sends requests to services: how it becomes their switch. A text: that could not be told. */
  readonly own?: OwnHaproxy | string;
}
