import type { ObservedHaproxy } from '../haproxy/observed-haproxy.ts';

/** A Compose project as it was seen: what its files say, and which containers there are of it. */

export interface PublishedPort {
  /** Inside of the container. */
  readonly target: number;
  /** On the host: a port, or a range such as `8080-8089`; `undefined`: whichever is free. */
  readonly published?: string;
  readonly hostIp?: string;
  readonly protocol: string;
}

export interface Mount {
  readonly kind: string;
  /** Name of a volume, or a path on the host. */
  readonly source?: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

export interface Dependency {
  readonly service: string;
  readonly condition: string;
}

export interface ComposeService {
  readonly name: string;
  readonly image?: string;
  readonly isBuilt: boolean;
  readonly profiles: readonly string[];
  readonly command: readonly string[];
  readonly ports: readonly PublishedPort[];
  readonly exposed: readonly number[];
  readonly mounts: readonly Mount[];
  /** With secrets in clear text: it is looked at, and never shown. */
  readonly environment: { readonly [name: string]: string };
  /** As it is written, before variables are filled in; what comes from env files is not in it. */
  readonly written: { readonly [name: string]: string };
  readonly dependsOn: readonly Dependency[];
  /** The words of its health check, without `CMD` or `CMD-SHELL`; empty where it has none. */
  readonly healthTest: readonly string[];
  readonly replicas?: number;
  readonly restart?: string;
  readonly containerName?: string;
  /** As in `30s`. */
  readonly stopGracePeriod?: string;
  readonly networkMode?: string;
  readonly networks: readonly { readonly name: string; readonly aliases: readonly string[] }[];
  /** Files on the host of its secrets, by where they stand in the container. */
  readonly secretFiles: { readonly [target: string]: string };
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  /** Started by `docker compose run`. */
  readonly isOneOff: boolean;
  readonly state: string;
  readonly exitCode: number;
  readonly startedAt: string;
  readonly health?: string;
  /** The reference that it was created from. */
  readonly image: string;
  readonly imageId: string;
  /** As of a service: what the image says counts where Compose says nothing. */
  readonly healthTest: readonly string[];
  /** `repository@sha256:…` of its image, as registries know it. */
  readonly repoDigests: readonly string[];
  readonly exposed: readonly number[];
  readonly published: readonly { readonly hostIp: string; readonly hostPort: number; readonly target: number }[];
  /** Ports of the host that it was made for: while it does not run, it has none of them. */
  readonly hostPorts: readonly number[];
  readonly networks: readonly {
    readonly name: string;
    readonly address: string;
    readonly aliases: readonly string[];
  }[];
}

export interface ObservedProject {
  readonly name: string;
  /** Where its operator runs `docker compose`. */
  readonly folder: string;
  /** Its Compose files, absolute, where they are not the ones that Compose finds by itself. */
  readonly files: readonly string[];
  readonly envFiles: readonly string[];
  /** False where Compose would have chosen the same name. */
  readonly isNameTold: boolean;
  /** Every one, of all profiles, in the order of Compose. */
  readonly services: readonly ComposeService[];
  readonly containers: readonly Container[];
  /** Texts of configuration files that are mounted into a service, by service. */
  readonly configurations: { readonly [service: string]: readonly MountedFile[] };
  /** `uid:gid` of who looks. */
  readonly user: string;
  /** Those that run on this machine, outside of containers. */
  readonly haproxies: readonly ObservedHaproxy[];
}

export interface MountedFile {
  readonly path: string;
  readonly text: string;
}
