import { join } from 'node:path';
import type { BackupHook } from '../../model/index.ts';
import type { ConnectionTarget, System } from '../../system/index.ts';
import { backupFailed } from './errors.ts';

/** Of each program's output, what its reader needs at most. */
const KEPT_BYTES = 4_096;

export interface BackupRequest {
  readonly hook: BackupHook;
  readonly database: string;
  readonly target: ConnectionTarget;
  /** A folder of ours (0700) for the password file, which is removed again. */
  readonly folder: string;
  readonly run: string;
  readonly signal: AbortSignal;
}

/**
 * Runs the operator's backup of one database, then their proof of it. Both are told by libpq's variables which database is meant; the
 * password stands in a file that only this user can read, never among arguments. Throws `upgrade.backup-failed`.
 */
export async function runBackupHook(system: System, request: BackupRequest): Promise<void> {
  const { hook, target, folder, database } = request;
  const file = join(folder, `pgpass-${database}`);
  const { host, port, user, password } = target;
  await system.files.makeFolder(folder, 0o700);
  if (password !== undefined) {
    const line = [host, String(port), '*', user, password]
      .map((part) => (part === '*' ? part : escapeField(part)))
      .join(':');
    await system.files.writeAtomic(file, `${line}\n`);
  }
  try {
    for (const [what, argv] of [
      ['backup.command', hook.command],
      ['backup.verify', hook.verify],
    ] as const) {
      await runProgram(system, request, { what, argv, file: password === undefined ? undefined : file });
    }
  } finally {
    await system.files.remove(file);
  }
}

async function runProgram(
  system: System,
  { hook, target, database, run, signal }: BackupRequest,
  program: { readonly what: string; readonly argv: readonly string[]; readonly file: string | undefined },
): Promise<void> {
  const { what, argv, file } = program;
  const { PGPASSWORD: _, PGSERVICE: __, ...inherited } = system.environment;
  const environment = {
    ...inherited,
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGDATABASE: target.database,
    PGSSLMODE: target.tls.mode,
    PGAPPNAME: 'onward backup',
    ...(file === undefined ? {} : { PGPASSFILE: file }),
    ONWARD_DATABASE: database,
    ONWARD_RUN: run,
  };
  const options = { environment, timeoutMs: hook.timeoutMs, signal, ownGroup: true, keepBytes: KEPT_BYTES };
  let result: Awaited<ReturnType<System['exec']['run']>>;
  try {
    result = await system.exec.run(argv, options);
  } catch (error) {
    signal.throwIfAborted();
    throw backupFailed(
      database,
      `${what} could not be started (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
  const { exitCode, timedOut, stdout, stderr } = result;
  system.log.emit({ type: 'backup.output', database, program: what, output: `${stdout}${stderr}`.trim() });
  if (timedOut) throw backupFailed(database, `${what} did not end in time`);
  if (exitCode !== 0) {
    const said = stderr.trim().split('\n').at(-1) ?? '';
    throw backupFailed(database, `${what} ended with ${exitCode ?? 'a signal'}${said === '' ? '' : ` ("${said}")`}`);
  }
}

/** As a password file wants colons and backslashes. */
function escapeField(part: string): string {
  return part.replace(/[\\:]/g, '\\$&');
}
