import type { Client, ClientConfig } from 'pg';
import type { Clock } from './clock.ts';
import { DescribeStatements, type StatementShape, type StatementToDescribe } from './describe-statement.ts';
import { PostgresError, type RawError, unreachable } from './postgres-error.ts';
import { RunScript } from './run-script.ts';

export type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface ConnectionTarget {
  /** Name, address, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** `undefined`: looked up in the password file when the server asks. */
  readonly password: string | undefined;
  readonly tls: {
    readonly mode: TlsMode;
    readonly rootCertificate: string | undefined;
    readonly certificate: string | undefined;
    readonly key: string | undefined;
  };
}

export interface ConnectOptions {
  readonly applicationName: string;
  /** Settings of the session from its start, such as `{ lock_timeout: '30ms' }`. */
  readonly settings?: { readonly [name: string]: string };
  /** For how long to try again while the server is starting, full or not listening. 10 s unless told; 0 is one try. */
  readonly retryForMs?: number;
  readonly signal?: AbortSignal;
}

export interface QueryResult<Row> {
  readonly rows: readonly Row[];
  /** Rows touched, as the server reports; 0 for statements that touch none. */
  readonly count: number;
  /** Names of the result's columns, in order, equal ones included; empty for statements that give no rows. */
  readonly columns: readonly string[];
}

/**
 * One connection to one server process. int8 and numeric come as text, dates and times as text in the session's format, json parsed.
 * Only one query at a time.
 */
export interface Session {
  readonly backendPid: number;
  readonly serverVersion: number;
  /** Without values the text goes as one simple query; with values it is one statement with `$1` parameters. */
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<QueryResult<Row>>;
  /**
   * What one statement takes and gives, without running it. With a name it stays prepared under it, for `EXECUTE`; the name must be free.
   */
  describe(sql: string, name?: string): Promise<StatementShape>;
  /** As `describe`, of many in few round trips. What one is refused with stands in its place. */
  describeAll(statements: readonly StatementToDescribe[]): Promise<readonly (StatementShape | PostgresError)[]>;
  /** Runs a text of several statements: how many rows each gave or touched, and what the first that was refused was refused with. */
  script(sql: string): Promise<{ readonly counts: readonly number[]; readonly error?: PostgresError }>;
  /** BEGIN, `work`, COMMIT; ROLLBACK when `work` throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  readonly isLost: boolean;
  close(): Promise<void>;
}

export interface Postgres {
  connect(target: ConnectionTarget, options: ConnectOptions): Promise<Session>;
}

/** Statements that share a round trip, so that a refused one makes few others wait. */
const DESCRIBED_AT_ONCE = 50;

const RETRY_FOR_MS = 10_000;
const RETRY_EVERY_MS = 200;
const CONNECT_TIMEOUT_MS = 10_000;

/** The server is starting, shutting down, full, or nothing listens yet: another try may find it well. */
const PASSING = new Set(['57P03', '57P01', '53300', 'ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EAI_AGAIN', 'ETIMEDOUT']);

export function createPostgres(clock: Clock): Postgres {
  return { connect: (target, options) => connect(clock, target, options) };
}

async function connect(clock: Clock, target: ConnectionTarget, options: ConnectOptions): Promise<Session> {
  const deadline = clock.monotonicMs() + (options.retryForMs ?? RETRY_FOR_MS);
  for (;;) {
    try {
      return await connectOnce(target, options);
    } catch (error) {
      if (!isPassing(error as RawError) || clock.monotonicMs() >= deadline)
        throw unreachable(target, error as RawError);
      await clock.sleep(RETRY_EVERY_MS, options.signal);
    }
  }
}

/** A server that goes away while a connection is made gives no code: pg says it in words. */
function isPassing({ code, message }: RawError): boolean {
  return code === undefined ? message === 'Connection terminated unexpectedly' : PASSING.has(code);
}

/** What the server last accepted, tried first the next time. */
const accepted = new WeakMap<ConnectionTarget, ClientConfig['ssl']>();

/** Goes through the TLS variants that the mode allows, in libpq's order. */
async function connectOnce(target: ConnectionTarget, options: ConnectOptions): Promise<Session> {
  const variants = accepted.has(target) ? [accepted.get(target), ...tlsVariants(target)] : tlsVariants(target);
  for (const [index, ssl] of variants.entries()) {
    try {
      const session = await open(target, options, ssl);
      accepted.set(target, ssl);
      return session;
    } catch (error) {
      const code = (error as RawError).code;
      const isLast = index === variants.length - 1;
      // `prefer` and `allow` fall back when the other variant may be what the server wants: no TLS there, or pg_hba says no (28000).
      const mayDiffer = code === undefined || code === '28000' || code.startsWith('ERR_SSL') || code.includes('CERT');
      if (isLast || !mayDiffer) throw error;
    }
  }
  throw new Error('No way to connect was tried');
}

function tlsVariants(target: ConnectionTarget): readonly ClientConfig['ssl'][] {
  if (target.host.startsWith('/')) return [false];
  const { mode, rootCertificate, certificate, key } = target.tls;
  const isVerified =
    mode === 'verify-ca' || mode === 'verify-full' || (mode === 'require' && rootCertificate !== undefined);
  const tls = {
    rejectUnauthorized: isVerified,
    ...(rootCertificate === undefined ? {} : { ca: rootCertificate }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    // Only verify-full compares the name on the certificate with the host.
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
  if (mode === 'disable') return [false];
  if (mode === 'allow') return [false, tls];
  if (mode === 'prefer') return [tls, false];
  return [tls];
}

async function open(target: ConnectionTarget, options: ConnectOptions, ssl: ClientConfig['ssl']): Promise<Session> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: async () => target.password ?? (await passwordFromFile(target)),
    ssl,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser: chooseTypeParser(pg.types.getTypeParser) },
    ...(options.settings ? { options: startupOptions(options.settings) } : {}),
  });
  const session = new PgSession(client);
  try {
    await client.connect();
    await session.learn();
  } catch (error) {
    // The driver leaves the socket open when it is itself that gives up, for want of a password; the process would never end.
    void client.end().catch(() => {});
    throw error;
  }
  return session;
}

/** The password file, by libpq's rules (`PGPASSFILE`, `~/.pgpass`, mode 0600). */
async function passwordFromFile(target: ConnectionTarget): Promise<string> {
  const { default: pgpass } = await import('pgpass');
  return new Promise((resolve) => {
    pgpass(
      { host: target.host, port: target.port, database: target.database, user: target.user },
      (password: string | undefined) => resolve(password ?? ''),
    );
  });
}

function startupOptions(settings: { readonly [name: string]: string }): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/([\\ ])/g, '\\$1')}`)
    .join(' ');
}

const DATE_AND_TIME_OIDS = new Set([1082, 1083, 1114, 1184, 1266, 1186]);

type TypeParserChooser = (oid: number, format?: 'text' | 'binary') => unknown;

function chooseTypeParser(
  fallback: TypeParserChooser,
): ClientConfig['types'] extends infer T ? (T extends { getTypeParser: infer G } ? G : never) : never {
  const chooser: TypeParserChooser = (oid, format) =>
    DATE_AND_TIME_OIDS.has(oid) ? (value: string) => value : fallback(oid, format);
  return chooser as ReturnType<typeof chooseTypeParser>;
}

class PgSession implements Session {
  readonly #client: Client;
  #isLost = false;
  backendPid = 0;
  serverVersion = 0;

  constructor(client: Client) {
    this.#client = client;
    client.on('error', () => {
      this.#isLost = true;
    });
    client.on('end', () => {
      this.#isLost = true;
    });
  }

  async learn(): Promise<void> {
    const { rows } = await this.query<{ pid: number; version: string }>(
      `select pg_catalog.pg_backend_pid() as pid, pg_catalog.current_setting('server_version_num') as version`,
    );
    this.backendPid = rows[0]?.pid ?? 0;
    this.serverVersion = Number(rows[0]?.version);
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  async query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<QueryResult<Row>> {
    try {
      // Without this mode the driver would send a text with no values as a simple query, which may hold several statements.
      const extended = values && { text: sql, values: [...values], queryMode: 'extended' };
      const result = await (extended ? this.#client.query(extended) : this.#client.query(sql));
      // A text with several statements gives one result per statement; the last one is the answer.
      const last = Array.isArray(result) ? result.at(-1) : result;
      return {
        rows: (last?.rows ?? []) as Row[],
        count: last?.rowCount ?? 0,
        columns: (last?.fields ?? []).map((field: { readonly name: string }) => field.name),
      };
    } catch (error) {
      throw new PostgresError(error as RawError);
    }
  }

  async describe(sql: string, name = ''): Promise<StatementShape> {
    const [described] = await this.describeAll([{ sql, name }]);
    if (!described || described instanceof PostgresError) throw described;
    return described;
  }

  async describeAll(statements: readonly StatementToDescribe[]): Promise<readonly (StatementShape | PostgresError)[]> {
    const described: (StatementShape | PostgresError)[] = [];
    while (described.length < statements.length) {
      const some = statements.slice(described.length, described.length + DESCRIBED_AT_ONCE);
      const { shapes, error } = await this.#client.query(new DescribeStatements(some)).result;
      described.push(...shapes, ...(error ? [this.#refusal(error)] : []));
    }
    return described;
  }

  async script(sql: string): Promise<{ readonly counts: readonly number[]; readonly error?: PostgresError }> {
    const { counts, error } = await this.#client.query(new RunScript(sql)).result;
    return { counts, ...(error ? { error: this.#refusal(error) } : {}) };
  }

  /** Thrown when it is the connection that failed, since nothing can be asked of it any more. */
  #refusal(error: RawError): PostgresError {
    const refusal = new PostgresError(error);
    if (/^(08|57P0)/.test(refusal.code) || this.#isLost) throw refusal;
    return refusal;
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.query('begin');
    try {
      const result = await work();
      await this.query('commit');
      return result;
    } catch (error) {
      // The first error is the one to tell; a connection that is gone has rolled back by itself.
      if (!this.#isLost) await this.query('rollback').catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    if (!this.#isLost) await this.#client.end();
  }
}
