import type { ObservedHaproxy } from '../haproxy/observed-haproxy.ts';

/** One unit of a host as it was seen; of a template, one of its instances. */
export interface ObservedUnit {
  /** As in `search.service`, or the template `worker@.service`. */
  readonly unit: string;
  /** As in `worker@1.service`. */
  readonly instance: string;
  readonly isActive: boolean;
  /** `Type=` of the unit. */
  readonly type: string;
  /** Program and arguments of `ExecStart=`. */
  readonly command: readonly string[];
  readonly environmentFiles: readonly string[];
  /** Of a template: settings in which the name of the instance stands, and which Onward does not replace; as in `EnvironmentFile`. */
  readonly varying: readonly string[];
  /** Names of its variables. */
  readonly variables: readonly string[];
  /** Variables that say where a database is; passwords are taken out before they leave the host. */
  readonly database: { readonly [name: string]: string };
  /** Ports that its processes listen on, or its container has on the host. */
  readonly ports: readonly number[];
  /** Why it cannot be told what its processes listen on; half a sentence. */
  readonly unseen?: string;
  /** What it runs by `docker run` or `podman run`, where that can be told. */
  readonly container?: ObservedContainer;
}

/** A container that runs on a host. */
export interface ObservedContainer {
  readonly engine: string;
  readonly name: string;
  /** The image as it was named. */
  readonly reference: string;
  readonly imageId: string;
  /** `host`, `bridge`, or the name of a network. */
  readonly network: string;
  /** By which registries know its image. */
  readonly digests: readonly string[];
  readonly published: readonly { readonly host: number; readonly inside: number }[];
  readonly ports: readonly number[];
  /** Names of the variables that it got beside those of its image. */
  readonly variables: readonly string[];
  readonly database: { readonly [name: string]: string };
}

export interface ObservedHost {
  readonly host: string;
  /** Of its network. */
  readonly addresses: readonly string[];
  /** HAProxys that run there, in no container; only lines that say whom they send requests to are seen. */
  readonly haproxies: readonly ObservedHaproxy[];
  readonly units: readonly ObservedUnit[];
}

/** Hosts, and what of this machine stands in front of them. */
export interface ObservedHosts {
  readonly hosts: readonly ObservedHost[];
  /** HAProxys of this machine that are in no container. */
  readonly haproxies: readonly ObservedHaproxy[];
}
