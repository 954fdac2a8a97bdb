import { assertNever, type Check } from '../model/index.ts';
import { parseAddress } from './build-service.ts';
import { milliseconds } from './durations.ts';
import type { RawCheck } from './schema.ts';
import { parseSecret } from './secrets.ts';

const TIMEOUT_MS = 10_000;

/** One smoke check of the file with its defaults filled in. */
export function buildCheck(raw: RawCheck, folder: string): Check {
  const base = { name: raw.name, timeoutMs: milliseconds(raw.timeout, TIMEOUT_MS) };
  if ('http' in raw) return { ...base, kind: 'http', ...buildHttp(raw.http) };
  if ('sql' in raw) return { ...base, kind: 'sql', ...buildSql(raw.sql) };
  if ('tcp' in raw) return { ...base, kind: 'tcp', ...parseAddress(raw.tcp.connect) };
  if ('command' in raw) {
    const { exit = 0, stdoutIncludes } = raw.command.expect ?? {};
    return {
      ...base,
      kind: 'command',
      argv: raw.command.argv,
      expect: { exit, ...(stdoutIncludes === undefined ? {} : { stdoutIncludes }) },
    };
  }
  if ('redis' in raw) {
    const { connect, password } = raw.redis;
    return {
      ...base,
      kind: 'redis',
      ...parseAddress(connect),
      ...(password === undefined ? {} : { password: parseSecret(String(password), folder) }),
    };
  }
  return assertNever(raw);
}

type RawHttp = Extract<RawCheck, { http: unknown }>['http'];

function buildHttp(raw: RawHttp) {
  const { status, bodyIncludes } = raw.expect ?? {};
  return {
    method: raw.method ?? 'GET',
    url: raw.url,
    headers: raw.headers ?? {},
    ...(raw.body === undefined ? {} : { body: raw.body }),
    expect: { ...(status === undefined ? {} : { status }), ...(bodyIncludes === undefined ? {} : { bodyIncludes }) },
    unchanged: raw.unchanged ?? false,
  };
}

type RawSql = Extract<RawCheck, { sql: unknown }>['sql'];

function buildSql(raw: RawSql) {
  return {
    database: raw.database,
    query: raw.query,
    ...(raw.expect === undefined ? {} : { expect: String(raw.expect) }),
    unchanged: raw.unchanged ?? false,
  };
}
