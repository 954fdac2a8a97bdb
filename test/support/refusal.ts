import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CommandResult, TestDeployment } from './deployment.ts';

/** All that a command said, as a person sees it; the test's own folder, ports, runs, digests and times are named, not shown. */
export interface Said {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is replaced besides what every deployment has, by name. */
export type Names = { readonly [name: string]: string | number };

/** A plan as it is shown by the command that goes on to carry it out. */
export function withoutNext(plan: string): string {
  return plan.replace(/^Next: .*\n/m, '');
}

/** Lines as a command prints them. */
export function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('');
}

export function normalise(result: CommandResult, names: Names): Said {
  const apply = (text: string) => replaceNames(text, names);
  return { exit: result.exit, stdout: apply(result.stdout), stderr: apply(result.stderr) };
}

function replaceNames(text: string, names: Names): string {
  let result = text;
  for (const [name, value] of Object.entries(names)) result = result.replaceAll(String(value), `<${name}>`);
  return result
    .replace(/\b\d{8}-\d{6}-[0-9a-f]{6}\b/g, '<run>')
    .replace(/\b(\w+-\d+\.\d+\.\d+)-[0-9a-f]{6}-(\d)\b/g, '$1-<run>-$2')
    .replace(/\b[0-9a-f]{64}\b/g, '<digest>')
    .replace(/\b\d{4}-\d\d-\d\d(T[\d:.]+(Z|\+00:00))?/g, '<date>')
    .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, '<time>');
}

export function namesOf(tiny: TestDeployment): Names {
  const url = new URL(tiny.databaseUrl);
  return {
    folder: tiny.folder,
    database: url.pathname.slice(1),
    server: url.port,
    'api port': tiny.ports.api,
    'web port': tiny.ports.web,
  };
}

/** Runs a command that must not do anything: state directory and tables are the same before and after. */
export async function runRefused(
  tiny: TestDeployment,
  args: readonly string[],
  options: { readonly environment?: NodeJS.ProcessEnv; readonly names?: Names } = {},
): Promise<Said> {
  const before = await observe(tiny);
  const result = await tiny.onward(args, options.environment);
  expect(await observe(tiny), result.stderr).toEqual(before);
  return normalise(result, { ...namesOf(tiny), ...options.names });
}

interface Observed {
  readonly files: { readonly [path: string]: string };
  readonly tables: { readonly [table: string]: unknown };
}

/** Everything that a command could change, by content: files of the state directory and of the release source, and rows of all tables. */
export async function observe(tiny: TestDeployment): Promise<Observed> {
  const files: Record<string, string> = {};
  for (const folder of [tiny.stateDirectory, join(tiny.folder, 'releases')]) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
      // A file that is being replaced, by the switch that writes down what it counts.
      if (entry.name.endsWith('.tmp')) continue;
      const path = join(entry.parentPath, entry.name);
      files[path] = entry.isFile() ? await digestOf(path) : 'no file';
    }
  }
  const found = await tiny.query(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('onward', 'public')`,
  );
  const digests = found.map(
    ({ name }) =>
      `select '${name}' as name, md5(coalesce(string_agg(row::text, ',' order by row::text), '')) as rows from ${name} as row`,
  );
  const rows = digests.length === 0 ? [] : await tiny.query(digests.join(' union all '));
  return { files, tables: Object.fromEntries(rows.map((row) => [row.name, row.rows])) };
}

/** The switch writes down what it has counted from time to time, whatever else happens. */
async function digestOf(path: string): Promise<string> {
  const text = await readFile(path);
  const lasting = path.endsWith('switch/state.json') ? withoutCounters(text.toString()) : text;
  return createHash('sha256').update(lasting).digest('hex');
}

function withoutCounters(state: string): string {
  return JSON.stringify(JSON.parse(state), (key, value) => (key === 'counters' ? undefined : value));
}
