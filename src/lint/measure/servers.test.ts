import { describe, expect, it } from 'vitest';
import { createSystem, loadSqlParser, resolveConnectionTarget, startEmbeddedPostgres } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';
import { measureMigrations } from './measure-migrations.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });

const FILES: Readonly<Record<string, string>> = {
  '001.sql': `
    create type mood as enum ('a', 'b');
    create table p (id bigint generated always as identity primary key, code text unique check (code ~ '^[a-z]{2}-[0-9]+$'));
    create table t (id uuid primary key, p bigint not null references p, m mood not null, span tstzrange, at timestamptz not null default now());
    create table part (id int, at date not null) partition by range (at);
    create table part_1 partition of part for values from ('2024-01-01') to ('2025-01-01');`,
  '002.sql': `
    alter table t alter column m type text;
    alter table t add column x int default 1;
    alter table t add check (at is not null);
    alter table part add column y int;
    do $$ begin execute 'create index on part_1 (id)'; end $$;`,
  '003.notx.sql': 'create index concurrently t_at on t (at)',
  '004.sql': 'drop table t',
};

async function measure(scratch: Scratch, texts = FILES): Promise<readonly string[]> {
  const parser = await loadSqlParser();
  const files = Object.entries(texts).map<LintFile>(([path, text]) => ({
    path,
    layout: 'plain',
    database: '',
    release: '',
    phase: 'expand',
    order: path,
    text,
    isNotx: path.includes('.notx'),
    statements: parser.split(text, path),
    isTransactional: !path.includes('.notx'),
    isShipped: false,
  }));
  const { files: measured } = await measureMigrations(system, { scratch, files });
  expect(measured.flatMap(({ empty, forced }) => [...empty, ...forced])).toEqual([]);
  const short = (name: string) => name.replace('public.', '');
  return measured.slice(1).flatMap(({ statements, changes }) => [
    ...statements.map(({ effects, error }) => {
      if (error) return `${error.code} ${error.message}`;
      const locks = effects.locks
        .map(({ relation, mode }) => `${short(relation)}:${mode.replace('Lock', '')}`)
        .join(' ');
      const lists = [effects.rewrites, effects.indexBuilds, effects.scans].map(
        (names) => names.map(short).join(',') || '-',
      );
      return [locks || '-', ...lists, ...effects.unknown].join(' | ');
    }),
    ...changes.filter(({ impact }) => impact === 'breaks').map(({ change, name }) => `${change} ${short(name)}`),
  ]);
}

const EXPECTED = [
  't:AccessExclusive | t | t | t',
  '- | - | - | -',
  '- | - | - | t',
  'part:AccessExclusive part_1:AccessExclusive | - | - | -',
  '- | - | part_1 | part_1',
  'changed t.m',
  't:ShareUpdateExclusive | - | t | t',
  'p:AccessExclusive t:AccessExclusive | - | - | -',
  'removed t',
];

describe('measureMigrations() on other servers', () => {
  it.each([14, 18] as const)('sees the same on Postgres %i', async (server) => {
    const scratch = await openScratch(system, { server });
    expect(await measure(scratch)).toEqual(EXPECTED);
    await scratch.close();
  });

  it('sees the same on a server that was named, as a role that may only create databases', async () => {
    const server = await startEmbeddedPostgres({ isDurable: false });
    const targetOf = (database: string) =>
      resolveConnectionTarget({ url: `${server.url}/${database}`, origin: 'test', environment: {} });
    const admin = await system.postgres.connect(await targetOf('postgres'), { applicationName: 'test' });
    await admin.query('create role maker login createdb');
    await admin.close();
    const scratch = await openScratch(system, { on: { ...(await targetOf('template1')), user: 'maker' } });
    expect(await measure(scratch)).toEqual(EXPECTED);
    // Roles are common to the whole server, so they are left alone there.
    expect(
      await measure(scratch, {
        '001.sql': 'select 1',
        '002.sql': 'create role r; create table a (); grant select on a to r',
      }),
    ).toEqual([
      '- | - | - | - | it changes roles, which the whole server has in common, so it was not run',
      '- | - | - | -',
      '42704 role "r" does not exist',
    ]);
    await scratch.close();
    await server.remove();
  });
});
