import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ExitCode, OnwardError } from '../model/index.ts';
import type { ConnectionTarget, TlsMode } from './postgres.ts';

export interface ConnectionInput {
  /** `postgres://user:password@host:port/database?sslmode=…`; what it leaves out comes from the environment, as with libpq. */
  readonly url?: string;
  /** Wins over every other place a password could come from. */
  readonly password?: string;
  /** Where the URL stands, for errors: `--url`, `onward.yaml databases.core.url`. */
  readonly origin: string;
  readonly environment: { readonly [name: string]: string | undefined };
}

const TLS_MODES: readonly TlsMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/**
 * Where and as whom to connect, by libpq's rules: URL, then `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGSSLMODE`, `PGSSLROOTCERT`,
 * `PGSSLCERT`, `PGSSLKEY`. The password comes from the input, the URL, `PGPASSWORD`, `PGPASSWORD_FILE`, or the password file
 * (`PGPASSFILE`, `~/.pgpass`), in this order.
 */
export async function resolveConnectionTarget(input: ConnectionInput): Promise<ConnectionTarget> {
  const url = parseUrl(input);
  const environment = input.environment;
  const parameter = (name: string, variable: string): string | undefined =>
    url?.searchParams.get(name) ?? nonEmpty(environment[variable]);
  const user = decode(url?.username) ?? nonEmpty(environment.PGUSER) ?? nameOfUser(input);
  const host = decode(stripBrackets(url?.hostname)) ?? parameter('host', 'PGHOST') ?? 'localhost';
  const tls = parameter('sslmode', 'PGSSLMODE') ?? 'prefer';
  if (!(TLS_MODES as readonly string[]).includes(tls))
    throw unusable(input, `sslmode is "${tls}", which is none of ${TLS_MODES.join(', ')}`);
  const port = Number(url?.port || parameter('port', 'PGPORT') || 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw unusable(input, 'the port is not a number from 1 to 65535');
  if (host.includes(',')) throw unusable(input, 'it names several hosts; a change is made on one server');
  return {
    host,
    port,
    user,
    database: decode(url?.pathname.slice(1)) ?? nonEmpty(environment.PGDATABASE) ?? user,
    password: await choosePassword(input, url),
    tls: {
      mode: tls as TlsMode,
      rootCertificate: await readCertificate(input, parameter('sslrootcert', 'PGSSLROOTCERT'), 'root.crt'),
      certificate: await readCertificate(input, parameter('sslcert', 'PGSSLCERT'), 'postgresql.crt'),
      key: await readCertificate(input, parameter('sslkey', 'PGSSLKEY'), 'postgresql.key'),
    },
  };
}

/** A container may run as a number that no password file lists. */
function nameOfUser(input: ConnectionInput): string {
  try {
    return userInfo().username;
  } catch {
    throw unusable(input, 'it names no user, and the one who runs this has no name');
  }
}

function parseUrl(input: ConnectionInput): URL | undefined {
  if (input.url === undefined) return undefined;
  let url: URL;
  try {
    url = new URL(input.url);
  } catch {
    throw unusable(input, 'it is not a URL');
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw unusable(input, `it starts with ${url.protocol}//, not postgres://`);
  }
  return url;
}

async function choosePassword(input: ConnectionInput, url: URL | undefined): Promise<string | undefined> {
  const { environment } = input;
  const given =
    input.password ?? decode(url?.password) ?? url?.searchParams.get('password') ?? nonEmpty(environment.PGPASSWORD);
  if (given !== undefined && given !== null) return given;
  const file = nonEmpty(environment.PGPASSWORD_FILE);
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw unusable(
      input,
      `PGPASSWORD_FILE names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

/** A certificate that is named must be there; the one in libpq's default place is used when it exists. */
async function readCertificate(
  input: ConnectionInput,
  path: string | undefined,
  fallback: string,
): Promise<string | undefined> {
  if (path === 'system') return undefined;
  try {
    return await readFile(path ?? join(homedir(), '.postgresql', fallback), 'utf8');
  } catch (error) {
    if (path === undefined) return undefined;
    throw unusable(input, `the certificate ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function decode(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : decodeURIComponent(text);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function stripBrackets(host: string | undefined): string | undefined {
  return host?.startsWith('[') ? host.slice(1, -1) : host;
}

function unusable(input: ConnectionInput, why: string): OnwardError {
  return new OnwardError({
    code: 'postgres.unusable-target',
    message: `Could not tell which database ${input.origin} means: ${why}.`,
    hint: 'Write it as postgres://user@host:5432/database and keep the password in PGPASSWORD_FILE or a password file.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
