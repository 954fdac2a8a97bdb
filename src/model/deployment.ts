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

export type SwitchConfig =
  | { readonly kind: 'builtin'; readonly mode: 'http' | 'tcp'; readonly listen: Listen }
  | { readonly kind: 'none' };

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
  readonly runtime: 'process';
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
