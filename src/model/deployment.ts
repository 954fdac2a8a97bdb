import type { Pacing } from './pacing.ts';
/** How a service moves from old to new. `start-first` needs a switch in front; `one-shot` runs to completion and must exit 0. */
export type RollClass = 'start-first' | 'overlap' | 'stop-first' | 'one-shot';

/** How an instance says that it can take work. Without a probe, an instance is ready once it has stayed up for `upFor`. */
export type ReadyProbe =
  | { readonly kind: 'http'; readonly path: string }
  | { readonly kind: 'tcp' }
  | { readonly kind: 'up'; readonly forMs: number };

/** An address to listen on or to connect to. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Where a program listens for its administrator on this machine. */
export type AdminAddress = { readonly path: string } | Listen;

export type SwitchConfig =
  | { readonly kind: 'builtin'; readonly mode: 'http' | 'tcp'; readonly listen: Listen }
  | {
      readonly kind: 'haproxy';
      readonly mode: 'http' | 'tcp';
      /** Where clients connect, when it is known: the frontend is the operator's own. */
      readonly listen?: Listen;
      /** The runtime API, at the level of an administrator. */
      readonly admin: AdminAddress;
      /** The command line of the master process, which can reload. */
      readonly master?: AdminAddress;
      /** The name of the backend. */
      readonly backend: string;
      /** The file with the section of that backend, which Onward writes and HAProxy reads when it starts. */
      readonly file: string;
    }
  | { readonly kind: 'none' };

/** What starts and stops the instances of a service, and what it has to know of that service. */
export type RuntimeConfig =
  | { readonly kind: 'process' }
  | {
      readonly kind: 'compose';
      /** Its name in compose.yaml. */
      readonly service: string;
      /** The port inside of the container that takes its requests; `undefined`: the only one that compose.yaml names. */
      readonly port?: number;
      /** onward.yaml does not say how long an instance may take to exit: what compose.yaml says counts, and `graceMs` where it is silent. */
      readonly leavesGrace?: true;
    }
  | {
      readonly kind: 'ssh';
      /** As ssh knows them, in the order in which they are rolled. Each runs `replicas` instances. */
      readonly hosts: readonly string[];
      /** A unit such as `search.service`, or a template such as `search@.service`, of which old and new can run at once. */
      readonly unit: string;
      /** Where an instance may listen on its host; of a plain unit there is one. */
      readonly ports: readonly number[];
      /** How many hosts are rolled at once, or which share of them. */
      readonly atOnce: { readonly hosts: number } | { readonly share: number };
      /** The first host is rolled alone, and watched, before any other. */
      readonly canary: boolean;
    };

export type RuntimeKind = RuntimeConfig['kind'];

/** The operator's own Compose project. */
export interface ComposeConfig {
  /** The folder in which its operator runs `docker compose`. */
  readonly folder: string;
  /** As `-f` names them; empty: those that Compose finds there. */
  readonly files: readonly string[];
  readonly project?: string;
  readonly profiles: readonly string[];
  readonly envFiles: readonly string[];
  /** The file with the release's images, which Onward writes and plain `docker compose` picks up. */
  readonly override: string;
}

/** How hosts are reached. */
export interface HostsConfig {
  /** A configuration file of ssh; `undefined`: the user's own. */
  readonly sshConfig?: string;
  /** Folder on each host for artifacts, instances and the epoch. */
  readonly folder: string;
  /** Limit for a connection to be made. */
  readonly connectTimeoutMs: number;
}

/** A value that is read late and never printed: clear text, an environment variable, or a file. */
export type Secret =
  | { readonly from: 'text'; readonly value: string }
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string };

export interface Database {
  readonly name: string;
  /** May itself come from `env:` or `file:`; a password inside of it is never printed. */
  readonly url: Secret;
  readonly password?: Secret;
}

export interface Service {
  readonly name: string;
  readonly runtime: RuntimeConfig;
  readonly replicas: number;
  /** `undefined`: what the release says, else `start-first` behind a switch and `overlap` without one. */
  readonly roll?: RollClass;
  readonly after?: readonly string[];
  readonly ready?: ReadyProbe;
  /** Limit for one instance to become ready. */
  readonly readyTimeoutMs: number;
  readonly switch: SwitchConfig;
  /** How long old instances may finish their requests. */
  readonly drainMs: number;
  /** How long an instance may take to exit after SIGTERM before it is killed. */
  readonly graceMs: number;
  /** How long new instances are watched before the old ones stop. */
  readonly settleMs: number;
  readonly environment: { readonly [name: string]: Secret };
}

/** How many instances of a service run when all of them do; of one that has hosts, on all of them together. */
export function countInstances({ replicas, runtime, roll }: Pick<Service, 'replicas' | 'runtime' | 'roll'>): number {
  return runtime.kind === 'ssh' && roll !== 'one-shot' ? replicas * runtime.hosts.length : replicas;
}

/** A smoke check after a roll, and in `onward verify`. */
export type Check = {
  readonly name: string;
  readonly timeoutMs: number;
} & (
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly url: string;
      readonly headers: { readonly [name: string]: string };
      readonly body?: string;
      readonly expect: { readonly status?: number; readonly bodyIncludes?: string };
      readonly unchanged: boolean;
    }
  | {
      readonly kind: 'sql';
      readonly database: string;
      readonly query: string;
      /** The single value of the result's first row, compared as text. */
      readonly expect?: string;
      readonly unchanged: boolean;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'command';
      readonly argv: readonly string[];
      readonly expect: { readonly exit: number; readonly stdoutIncludes?: string };
    }
  | { readonly kind: 'redis'; readonly host: string; readonly port: number; readonly password?: Secret }
);

/** Programs of the operator that back one database up and prove it. Argv; they are told which database by libpq's variables. */
export interface BackupHook {
  readonly command: readonly string[];
  readonly verify: readonly string[];
  /** Limit for each of the two. */
  readonly timeoutMs: number;
}

/** A file of the operator's that services are configured with, under the name by which releases speak of it. */
export interface ConfigurationFile {
  readonly name: string;
  /** The operator's own file; instances get a revision of it. */
  readonly path: string;
  /** `env`: its keys become the environment of the instances. `yaml`: they read the revision themselves. */
  readonly format: 'env' | 'yaml';
  /** None of its values is ever shown. */
  readonly secret: boolean;
  readonly services: readonly string[];
}

/** What `onward contract` should know of an installation. */
export interface ContractConfig {
  /** Clients that may be connected while the old shape is removed: names, in which `*` stands for any text. */
  readonly clients: readonly string[];
  /** For how long privileges are taken on what goes, before it goes; `undefined`: they are not. */
  readonly quarantineMs?: number;
  /** Roles that they are taken from; `undefined`: everybody who has a privilege or a session. */
  readonly roles?: readonly string[];
}

/** One running installation, as `onward.yaml` describes it. Paths are absolute. */
export interface Deployment {
  readonly name: string;
  /** The file it was read from. */
  readonly file: string;
  /** Where journals, staged artifacts, logs and sockets live (0700). */
  readonly stateDirectory: string;
  readonly releases: { readonly source: string; readonly channel: string };
  /** In the order of the file; the control database is `control`. */
  readonly databases: readonly Database[];
  /** A server that holds nothing of value, where migrations can be tried out on copies of the schema. */
  readonly scratch?: Database;
  readonly control: string;
  readonly services: readonly Service[];
  /** Set when a service runs there. */
  readonly compose?: ComposeConfig;
  /** Set when a service runs there. */
  readonly hosts?: HostsConfig;
  /** In the order of the file: where two set the same variable of a service, the later one counts. */
  readonly configuration: readonly ConfigurationFile[];
  readonly checks: readonly Check[];
  /** Longest time a schema change may make the application wait for a lock. */
  readonly lockBudgetMs: number;
  /** Longest time a schema change may wait for its moment before it gives up cleanly. */
  readonly lockWaitMs: number;
  readonly leaseTtlMs: number;
  /** How the old shape is removed. */
  readonly contract?: ContractConfig;
  /** `undefined`: nothing is known of how databases are backed up. */
  readonly backup?: BackupHook;
  readonly pacing: Pacing;
}
