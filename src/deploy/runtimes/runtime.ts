import type { Component, Digest, Json, Listen, RuntimeFacts } from '../../model/index.ts';

/** Everything an instance is made of. Kept beside the instance (0600: it holds resolved secrets) so that it can be started again. */
export interface InstanceSpec {
  /** Unique in the deployment and the idempotence key of its effects, such as `api-1.2.0-01jd3k-1`. Characters `[a-z0-9.-]`. */
  readonly id: string;
  readonly service: string;
  readonly release: string;
  readonly kind: 'service' | 'one-shot';
  /** Of the artifact's bytes. */
  readonly identity: Digest;
  /** Of the rendered configuration: command, environment and whatever else decides how it runs. */
  readonly config: Digest;
  /** What `locate` says of its component: the folder in which it runs, or an image by digest. */
  readonly artifact: string;
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** The run that created it. */
  readonly run: string;
  /** The host that it runs on, of a service that has hosts. */
  readonly host?: string;
}

/**
 * - `created`: has a specification and was never started.
 * - `running`: its process is alive (`restarts` says how often it had to be started again).
 * - `waiting`: it crashed and waits for its next start.
 * - `stopped`: ended on request, or a one-shot that ended by itself; `exit` says how.
 * - `lost`: its process is gone and nothing watches it; only `start` brings it back.
 * - `unknown`: it cannot be told from here. Counts as no for every decision.
 */
export type InstanceState = 'created' | 'running' | 'waiting' | 'stopped' | 'lost' | 'unknown';

export interface Instance {
  readonly id: string;
  readonly service: string;
  readonly release: string;
  readonly kind: 'service' | 'one-shot';
  readonly identity: Digest;
  readonly config: Digest;
  readonly run: string;
  readonly state: InstanceState;
  /** Where it listens; set once it was started. */
  readonly address?: Listen;
  /** Where it can be reached as well; left out: nowhere else is known. */
  readonly alsoAt?: readonly Listen[];
  /** By which other containers of its networks find it, also once its address is another one. */
  readonly name?: string;
  readonly host?: string;
  /** Where it runs, for people: a container, or a host and its unit. */
  readonly place?: string;
  /** The command that shows what it writes, as it is typed here; `undefined`: `output.log` of a process of this machine does. */
  readonly log?: string;
  /** What is seen to be wrong with it, beside its state, half a sentence: `it was killed because its memory ran out`. */
  readonly note?: string;
  /** Process id while it runs, for people. */
  readonly pid?: number;
  /** Starts after the first one since the last `start`. */
  readonly restarts: number;
  /** ISO time of its process's last start. */
  readonly startedAt?: string;
  /** How its process ended; of one that was started again after a crash, how the one before did. */
  readonly exit?: { readonly code: number | null; readonly signal: string | null; readonly at: string };
}

/** A program of a service's artifact that is run to its end beside the instances, in the environment that the service has. */
export interface CommandSpec {
  readonly service: string;
  readonly release: string;
  /** What `locate` says of its component. */
  readonly artifact: string;
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /**
   * What may be done by one program at a time, such as `split-names`, and the epoch of the one who asks. Whatever runs there is ended before
   * this one starts. Left out by a command that only asks. Characters `[a-z0-9.-]`.
   */
  readonly slot?: { readonly name: string; readonly epoch: number };
  /**
   * Of a service that runs in Compose: another service of compose.yaml, such as a one-shot behind a profile, in whose place the program runs.
   * It then has the volumes, networks, secrets and environment of that one, with `environment` on top of it, the image that `artifact` says,
   * and is called from outside of its profile too. An empty `command` is the one that compose.yaml, or the image, says. Other runtimes
   * leave it alone.
   */
  readonly composeService?: string;
}

export interface CommandOptions {
  /** What it writes to standard output, as it comes. */
  readonly onOutput: (chunk: Buffer) => void;
  /** What it writes to standard error, as it comes, not redacted. The last of it is in `said` all the same. */
  readonly onErrors?: (chunk: Buffer) => void;
  /** Ends the program, and all that it started, by SIGTERM and after the grace period by SIGKILL. */
  readonly signal: AbortSignal;
}

/** How a command ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last of what it wrote to standard error, with known secrets redacted. */
  readonly said: string;
}

/** A component on its way to where instances of it will run. */
export interface StageRequest {
  readonly service: string;
  readonly component: Component;
  /** Where the release source keeps its folder or its tarball; of an image there is nothing. */
  readonly from: string;
}

/** What runs of a service although Onward has not started it, compared with a component. */
export interface ForeignInstance {
  /** As it would be on record; its identity is the component's only if nothing differs. */
  readonly instance: Instance;
  /** Why it is not what the component is, half sentences. */
  readonly differences: readonly string[];
  /** Files that stand where it runs and that the component does not have. At most 200. */
  readonly extras: readonly string[];
  /** What it was compared by. */
  readonly evidence: {
    readonly unit: string;
    /** The folder it runs in, or its image by digest. */
    readonly artifact: string;
    /** Seconds since the epoch, by the clock of its host. */
    readonly provenAt: string;
    /** Empty: it is none. */
    readonly container: string;
    /** Id of its image. */
    readonly image: string;
  };
}

/** What was found to run, and the component that it was compared with. */
export interface TakeOver {
  readonly request: StageRequest;
  readonly found: ForeignInstance;
  readonly epoch: number;
}

/** What is going to be done, for looking ahead. Empty: nothing. */
export interface Work {
  readonly components: readonly { readonly service: string; readonly component: Component }[];
}

/**
 * What starts and stops instances. Every effect is idempotent (repeating it is harmless) and observable (`list` tells whether it
 * happened), and is refused when its epoch is lower than one this deployment has seen.
 */
export interface Runtime {
  /** To create an instance takes long enough to be done before its turn to start. */
  readonly isSlowToCreate?: true;
  /** What an instance of a component is given as its artifact. Looks at nothing. */
  locate(component: Component): string;
  /**
   * Fetches a component, by identity, to every place where instances of the service will run, and verifies it there. There whole, or not at
   * all; again is cheap.
   */
  stage(request: StageRequest, epoch: number): Promise<void>;
  /** Where the services run, what they need there for a piece of work, and what stands in its way. Changes nothing and never throws. */
  observe(work: Work): Promise<RuntimeFacts>;
  /**
   * What the operator's own files say of how an instance of a service runs, beside what onward.yaml says: a part of the identity of its
   * configuration. `undefined`: nothing.
   */
  describeService(service: string): Promise<Json | undefined>;
  /** All instances of a service, whatever their state, read from reality. */
  list(service: string): Promise<readonly Instance[]>;
  /** What runs without being listed, because something else has started it. Left out where `list` has all there is. Changes nothing. */
  observeForeign?(request: StageRequest): Promise<readonly ForeignInstance[]>;
  /** Has `list` list it from now on, as an instance that can be stopped and comes back as it was. It goes on untouched. */
  takeOver?(taken: TakeOver): Promise<void>;
  /** Writes the specification. Starts nothing. The same specification again is a no-op; another one under the same id is refused. */
  create(spec: InstanceSpec, epoch: number): Promise<void>;
  /** Starts a created, stopped or lost instance; resolves when its process exists, not when it is ready. */
  start(id: string, epoch: number): Promise<void>;
  /** SIGTERM, then SIGKILL after the grace period; resolves when no process of it is left. Specification and log stay. */
  stop(id: string, epoch: number): Promise<void>;
  /** Forgets an instance that does not run, with its specification and log. */
  remove(id: string, epoch: number): Promise<void>;
  /**
   * Where tools of the operator start instances too, they must find that these are what serves, and change nothing: what has to be written for
   * that. No ids: nothing of it serves, and what the operator's own files say counts. `undefined`: nothing has to.
   */
  keep?(service: string, ids: readonly string[]): Promise<((epoch: number) => Promise<void>) | undefined>;
  /** The last lines it wrote, for errors. */
  tail(id: string, lines: number): Promise<readonly string[]>;
  /**
   * Runs a command to its end, and resolves when nothing of it is left. What runs it is on record before its program may run, so that whoever
   * comes after a tool that was killed finds it.
   */
  runCommand(spec: CommandSpec, options: CommandOptions): Promise<CommandEnd>;
  /** Ends the commands of a service that run in a slot, whoever runs them. Resolves when none is left. */
  endCommands(service: string, epoch: number): Promise<void>;
  /** Ends the commands of a service whose tool is gone, so that nobody listens to them: anybody may. Resolves when none is left. */
  endAbandonedCommands(service: string): Promise<void>;
}
