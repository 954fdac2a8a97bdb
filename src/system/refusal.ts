import { ExitCode, OnwardError } from '../model/index.ts';
import { PostgresError } from './postgres-error.ts';

/**
 * What the world said no with where nobody expected it, as an error of ours: a full disk, a missing permission, a server that went away.
 * `undefined`: it is none of that, so it is a bug.
 */
export function asRefusal(error: unknown): OnwardError | undefined {
  if (error instanceof OnwardError) return error;
  if (error instanceof PostgresError) return describeServer(error);
  return isSystemError(error) ? describeFile(error) : undefined;
}

/** Does what only looks: what could be taken up again in the middle of a run has changed nothing here. What a person has to look at stays that. */
export async function lookOnly<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw asUnchanged(error);
  }
}

function asUnchanged(error: unknown): unknown {
  const refusal = asRefusal(error);
  if (refusal?.state !== 'resumable') return error;
  const { code, message, hint, exit, findings, detail, cause } = refusal;
  const told = detail === undefined ? {} : { detail };
  return new OnwardError({ code, message, hint, exit, findings, ...told, state: 'unchanged', cause });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

interface Reason {
  readonly why: string;
  readonly hint: string;
}

const AGAIN = 'then run the same command again.';

/** A wrong path was given; nothing was begun with it. */
const WRONG_PATHS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of its path is a file, not a folder',
  ELOOP: 'its symbolic links go in a circle',
  ENAMETOOLONG: 'its name is too long',
};

const TROUBLES: Readonly<Record<string, Reason>> = {
  ENOSPC: { why: 'the disk is full', hint: `Make room on its file system, ${AGAIN}` },
  EDQUOT: { why: 'the quota is used up', hint: `Make room on its file system, ${AGAIN}` },
  EROFS: { why: 'its file system is read-only', hint: `Make it writable, ${AGAIN}` },
  EACCES: { why: 'this user may not do that', hint: `Run as its owner, or give this user the right, ${AGAIN}` },
  EPERM: { why: 'this user may not do that', hint: `Run as its owner, or give this user the right, ${AGAIN}` },
  EIO: { why: 'the disk reports an error', hint: `Check the disk, ${AGAIN}` },
  EMFILE: { why: 'this process has too many files open', hint: `Raise the limit with "ulimit -n", ${AGAIN}` },
  ENFILE: { why: 'too many files are open on this machine', hint: `Close some, ${AGAIN}` },
};

function describeFile(error: NodeJS.ErrnoException): OnwardError | undefined {
  const { code = '', path = 'a file' } = error;
  const wrong = WRONG_PATHS[code];
  if (wrong !== undefined) {
    return new OnwardError({
      code: 'files.wrong-path',
      message: `Could not use ${path}: ${wrong}.`,
      hint: `Name another path, ${AGAIN}`,
      state: 'unchanged',
      exit: ExitCode.usage,
      cause: error,
    });
  }
  const trouble = TROUBLES[code];
  if (trouble === undefined) return undefined;
  return new OnwardError({
    code: 'files.refused',
    message: `Could not read or write ${path}: ${trouble.why} (${code}). What serves goes on serving.`,
    hint: trouble.hint,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    cause: error,
  });
}

/** Classes and codes that say something of the server's condition, not of a statement: connection, resources, read-only, ended. */
const CONDITIONS = /^(08|53|57|58|25006|40|55P03|42501)/;

function describeServer(error: PostgresError): OnwardError | undefined {
  if (!CONDITIONS.test(error.code)) return undefined;
  return new OnwardError({
    code: 'postgres.refused',
    message: `Could not go on: the database server said "${error.message}" (${error.code}). What serves goes on serving.`,
    hint: `Mend that on the server, ${AGAIN}`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    cause: error,
  });
}
