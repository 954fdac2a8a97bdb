import { formatDuration } from './format.ts';

/** The phases in which a product's own command may move the schema. What it would remove cannot be known beforehand, so never contract. */
export type CommandPhase = 'expand' | 'postdeploy';

/** How the result of a migration command is looked at. */
export type MigrationCheck =
  /** The single value of a query, compared as text. */
  | {
      readonly kind: 'sql';
      readonly database: string;
      readonly query: string;
      readonly expect: string;
      readonly timeoutMs: number;
    }
  /** Another program of the same artifact, in the same environment. */
  | {
      readonly kind: 'command';
      readonly argv: readonly string[];
      readonly expect: { readonly exit: number; readonly stdoutIncludes?: string };
      readonly timeoutMs: number;
    }
  /** Nothing is looked at: the vendor says that it never exits with 0 on failure. */
  | { readonly kind: 'exit-code' };

/** The product's own command that moves its schema, run in the artifact of a release. It can be run again at any time. */
export interface MigrationCommand {
  readonly name: string;
  /** In whose artifact and environment it runs. */
  readonly service: string;
  /** Argv; empty: the command of `composeService`. */
  readonly command: readonly string[];
  /** Where the service runs in Compose: the service of compose.yaml in whose place it runs there. */
  readonly composeService?: string;
  readonly phase: CommandPhase;
  readonly timeoutMs: number;
  /** `if-needed`: not when its check holds already. `always`: once in every run. */
  readonly runs: 'if-needed' | 'always';
  readonly check: MigrationCheck;
  /** What a line of its output must hold, and what none may. */
  readonly output?: { readonly includes?: string; readonly excludes: readonly string[] };
  /** Databases in which the sessions are counted that wait for it. */
  readonly databases: readonly string[];
}

/** The commands of a release in one phase, in the order in which they run. */
export function commandsOfPhase(
  release: { readonly migrationCommands?: readonly MigrationCommand[] },
  phase: CommandPhase,
): readonly MigrationCommand[] {
  return (release.migrationCommands ?? []).filter((command) => command.phase === phase);
}

/** `api: node dist/migrate.js`, `api, as db-setup of compose.yaml`. */
export function describeMigrationCommand(declared: MigrationCommand): string {
  const { service, command, composeService } = declared;
  const place = composeService === undefined ? service : `${service}, as ${composeService} of compose.yaml`;
  return command.length === 0 ? place : `${place}: ${command.join(' ')}`;
}

/** What must be so afterwards, in half a sentence: `select … gives 42`. */
export function describeMigrationCheck(check: MigrationCheck): string {
  switch (check.kind) {
    case 'sql':
      return `"${check.query.trim().replaceAll(/\s+/g, ' ')}" gives ${check.expect} in ${check.database}`;
    case 'command': {
      const { exit, stdoutIncludes } = check.expect;
      const text = stdoutIncludes === undefined ? '' : ` and says "${stdoutIncludes}"`;
      return `"${check.argv.join(' ')}" exits with ${exit}${text}`;
    }
    case 'exit-code':
      return 'its exit code is 0, which is trusted';
  }
}

/** One line for a plan: what it runs, its limit, and what must be so then. */
export function describePlannedCommand(declared: MigrationCommand): string {
  const { name, check, timeoutMs } = declared;
  const limit = `up to ${formatDuration(timeoutMs)}`;
  return `${name}  ${describeMigrationCommand(declared)}  (${limit}; done when ${describeMigrationCheck(check)})`;
}
