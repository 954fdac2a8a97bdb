import { ExitCode, OnwardError } from '../model/index.ts';

/** What a server, or the way to it, said no with. */
export class PostgresError extends Error {
  /** SQLSTATE, or `08006` when the connection itself failed. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** 1-based character in the statement, for errors of syntax and analysis. */
  readonly position: number | undefined;
  readonly where: string | undefined;
  readonly table: string | undefined;

  constructor(error: RawError) {
    super(error.message, { cause: error });
    this.name = 'PostgresError';
    this.code = error.code !== undefined && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : '08006';
    this.detail = error.detail;
    this.hint = error.hint;
    this.position = error.position === undefined ? undefined : Number(error.position);
    this.where = error.where;
    this.table = error.table;
  }
}

/** What the driver throws. */
export interface RawError extends Error {
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly where?: string;
  readonly table?: string;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** No connection came about; the hint is for what is most likely wrong. */
export function unreachable(target: Place, error: RawError): OnwardError {
  const place = `database ${target.database} as ${target.user} on ${target.host}:${target.port}`;
  const isRefused = (error.code ?? '').startsWith('28') || isWithoutPassword(error);
  const isMissing = error.code === '3D000';
  return new OnwardError({
    code: 'postgres.unreachable',
    message: `Could not connect to ${place}: ${describeConnectError(error)}.`,
    hint: isRefused
      ? 'Check the role and its password (PGPASSWORD_FILE, passwordFile or a password file), then run the same command again.'
      : isMissing
        ? `Create the database, for example with: createdb -h ${target.host} -p ${target.port} ${target.database}`
        : 'Check that the server runs and can be reached from here, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
    cause: error,
  });
}

/** The driver's own words for a server that asks for a password when there is none. */
function isWithoutPassword(error: RawError): boolean {
  return error.message.includes('client password must be a');
}

const CONNECT_PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'no way leads to that host',
  ENETUNREACH: 'no way leads to that network',
  ETIMEDOUT: 'nothing answers there',
};

function describeConnectError(error: RawError): string {
  if (isWithoutPassword(error)) return 'the server asks for a password, and none was given';
  const plain = CONNECT_PROBLEMS[error.code ?? ''];
  if (plain !== undefined) return `${plain} (${error.code})`;
  // An address that has several endpoints fails with an AggregateError without a message of its own.
  const inner = (error as { readonly errors?: readonly Error[] }).errors?.[0];
  return (error.message || inner?.message || error.code || 'no reason given').replace(/\.$/, '');
}
