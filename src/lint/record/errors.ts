import { ExitCode, OnwardError } from '../../model/index.ts';
import type { ConnectionTarget } from '../../system/index.ts';

export function missingStatements(path: string): OnwardError {
  return new OnwardError({
    code: 'lint.no-statements-file',
    message: `Could not read the statements: there is no file ${path}.`,
    hint: 'Record them with "onward record", or name the right file.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

const CONDITIONS = {
  'not-installed': {
    why: 'the extension pg_stat_statements is not installed in it',
    hint: 'Run in it, as a superuser: create extension pg_stat_statements. It must also be in shared_preload_libraries, which takes a restart.',
  },
  'not-allowed': {
    why: 'this role may not read what the server has counted',
    hint: 'Grant it USAGE on the schema of pg_stat_statements, and the role pg_read_all_stats, then run the same command again.',
  },
  'not-loaded': {
    why: 'the server was started without the library pg_stat_statements',
    hint: 'Add pg_stat_statements to shared_preload_libraries, restart the server, and let the application run for a while.',
  },
};

export function notRecorded(target: ConnectionTarget, condition: keyof typeof CONDITIONS): OnwardError {
  const { why, hint } = CONDITIONS[condition];
  return new OnwardError({
    code: 'lint.cannot-record',
    message: `Could not record the statements of database ${target.database} on ${target.host}:${target.port}: ${why}.`,
    hint,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function unknownRoles(roles: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'lint.unknown-role',
    message: `Could not record the statements: the server has no role ${roles.join(' and none ')}.`,
    hint: 'Name roles that the application connects as, or leave out --user.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function taken(path: string): OnwardError {
  return new OnwardError({
    code: 'lint.file-exists',
    message: `Could not write the statements: there is already a file ${path}.`,
    hint: 'Name another file, or add --replace.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
