import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readMigrations } from '../../migrate/index.ts';
import { failure, writeMigrations } from '../../migrate/test-support.ts';
import type { OnwardError } from '../../model/index.ts';
import { createSystem } from '../../system/index.ts';
import { LEDGER_TOOLS } from '../ledgers/tools.ts';
import { findForeignLayout, planConversion, writeConversion } from './convert-files.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

async function createFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await writeMigrations(files);
  folders.push(folder);
  return folder;
}

async function plan(name: string, files: Readonly<Record<string, string>>) {
  const tool = LEDGER_TOOLS.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(name);
  const folder = await createFolder(files);
  return { folder, plan: await planConversion(system, tool, folder) };
}

/** `from -> to`, then what is left out, then the codes of the findings. */
async function outline(name: string, files: Readonly<Record<string, string>>) {
  const { files: planned, ignored, findings } = (await plan(name, files)).plan;
  return [
    ...planned.map(({ from, to, isChanged }) => `${from} -> ${to}${isChanged ? ' *' : ''}`),
    ...ignored.map((path) => `${path} left out`),
    ...findings.map(({ code }) => code),
  ];
}

describe('planConversion()', () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    [
      'keeps the numbers of Flyway where all are whole, and leaves undo scripts out',
      'flyway',
      ['V2__add note.sql', 'sub/V10__b.sql', 'U2__add note.sql', 'V1__init.sql'],
      [
        'V1__init.sql -> 0001_init.up.sql',
        'V2__add note.sql -> 0002_add_note.up.sql',
        'sub/V10__b.sql -> 0010_b.up.sql',
        'U2__add note.sql left out',
      ],
    ],
    [
      'counts them in their order where they have parts, repeatable scripts last',
      'flyway',
      ['V1.10__c.sql', 'V1_2__b.sql', 'V1__a.sql', 'R__views.sql', 'R__grants.sql'],
      [
        'V1__a.sql -> 0001_a.up.sql',
        'V1_2__b.sql -> 0002_b.up.sql',
        'V1.10__c.sql -> 0003_c.up.sql',
        'R__grants.sql -> 0004_grants.up.sql',
        'R__views.sql -> 0005_views.up.sql',
      ],
    ],
    [
      'starts from the newest baseline of Flyway, and leaves out what it replaces',
      'flyway',
      ['V1__a.sql', 'V2__b.sql', 'B2__base.sql', 'V3__c.sql'],
      ['B2__base.sql -> 0002_base.up.sql', 'V3__c.sql -> 0003_c.up.sql', 'V1__a.sql left out', 'V2__b.sql left out'],
    ],
    [
      'tells callbacks and versions that are there twice',
      'flyway',
      ['V1__a.sql', 'V1.0__b.sql', 'afterMigrate.sql'],
      ['V1.0__b.sql -> 0001_b.up.sql', 'V1__a.sql -> 0001_a.up.sql', 'adopt.unplaced-file', 'adopt.duplicate-version'],
    ],
    [
      'takes the scripts out of the folders of Prisma',
      'prisma',
      ['0_init/migration.sql', '20260301100000_note/migration.sql', 'migration_lock.toml'],
      ['0_init/migration.sql -> 0_init.up.sql', '20260301100000_note/migration.sql -> 20260301100000_note.up.sql'],
    ],
    [
      'refuses folders of Prisma without a number, and names those without a name',
      'prisma',
      ['20260101000000_/migration.sql', '20260102000000/migration.sql', 'init/migration.sql'],
      [
        '20260101000000_/migration.sql -> 20260101000000_unnamed.up.sql',
        '20260102000000/migration.sql -> 20260102000000_unnamed.up.sql',
        'adopt.unplaced-file',
      ],
    ],
    [
      'takes whatever stands behind a number of dbmate for a name, and nothing from folders below',
      'dbmate',
      ['20260101.sql', '20260102.x.sql', '20260103x_a.sql', '2026-04/0001_a.sql', 'seed.sql'],
      [
        '20260101.sql -> 20260101_unnamed.up.sql',
        '20260102.x.sql -> 20260102_x.up.sql',
        '20260103x_a.sql -> 20260103_x_a.up.sql',
        'adopt.unplaced-file',
        'adopt.unplaced-file',
      ],
    ],
    [
      'reads the numbers of node-pg-migrate that are a date and a time as such',
      'node-pg-migrate',
      ['20260301100000123_a.sql', '1772359200124-b.sql', 'none.sql'],
      [
        '20260301100000123_a.sql -> 1772359200123_a.up.sql',
        '1772359200124-b.sql -> 1772359200124_b.up.sql',
        'adopt.unplaced-file',
      ],
    ],
    [
      'refuses migrations that are programs',
      'node-pg-migrate',
      ['1772359200000_a.js', '1772359200001-b.sql', '1772359200002_c.down.sql'],
      ['1772359200001-b.sql -> 1772359200001_b.up.sql', '1772359200002_c.down.sql left out', 'adopt.not-sql'],
    ],
  ])('%s', async (_, tool, paths, expected) => {
    expect(await outline(tool, Object.fromEntries(paths.map((path) => [path, 'select 1'])))).toEqual(expected);
  });

  it.each([
    ['flyway', 'V1__a.sql', `create table ${'$'}{schema}.t ()`],
    ['goose', '0001_a.sql', '-- +goose Up\n-- +goose ENVSUBST ON\nselect 1;\n'],
  ])('tells placeholders of %s', async (tool, path, text) => {
    expect((await outline(tool, { [path]: text })).slice(1)).toEqual(['adopt.placeholder']);
  });

  it.each<[string, string, string]>([
    ['dbmate', 'a second way forward', '-- migrate:up\nselect 1;\n-- migrate:down\n-- migrate:up\nselect 2;\n'],
    ['node-pg-migrate', 'a way back alone', 'select 1;\n-- Down Migration\nselect 2;\n'],
    ['node-pg-migrate', 'statements before the first mark', 'select 1;\n-- Up Migration\nselect 2;\n'],
  ])('does not guess what %s ran of a file with %s', async (tool, _, text) => {
    expect((await outline(tool, { '0001_a.sql': text })).slice(1)).toEqual(['adopt.unclear-marks']);
  });

  it.each([
    ['dbmate', '-- migrate:up transaction:false', '-- migrate:down'],
    ['goose', '-- +goose NO TRANSACTION\n-- +goose Up', '-- +goose Down'],
  ])('leaves out the way back of %s, and says that a file runs without a transaction', async (tool, up, down) => {
    const text = `${up}\ncreate index concurrently a on t (b);\n\n${down}\ndrop index a;\n`;
    const [file] = (await plan(tool, { '00007_index.sql': text })).plan.files;
    expect(file).toMatchObject({ to: '00007_index.up.sql', isChanged: true });
    const written = file?.bytes.toString('utf8') ?? '';
    expect(written).toMatch(/^-- onward:transaction none\n/);
    expect(written).toContain('create index concurrently a on t (b);');
    expect(written).not.toContain('drop index');
  });

  it('finds nothing in a folder of another tool', async () => {
    expect((await failure<OnwardError>(plan('prisma', { 'V1__a.sql': 'a' }))).code).toBe('adopt.nothing-to-convert');
  });
});

describe('writeConversion()', () => {
  it('writes what Onward reads without a finding, byte by byte where nothing was left out', async () => {
    const text = '\uFEFFcreate table a (id int);\r\n';
    const { folder, plan: planned } = await plan('flyway', { 'V1__a.sql': text });
    const to = join(await createFolder({}), 'new');
    await writeConversion(system, planned, { from: folder, to });
    expect(await readFile(join(to, '0001_a.up.sql'), 'utf8')).toBe(text);
    const read = await readMigrations(system, to);
    expect({ paths: read.files.map(({ path }) => path), findings: read.findings }).toEqual({
      paths: ['0001_a.up.sql'],
      findings: [],
    });
    expect(await readdir(folder)).toEqual(['V1__a.sql']);
  });

  it('writes into no folder that holds something, and nothing when a finding forbids it', async () => {
    const { folder, plan: planned } = await plan('flyway', { 'V1__a.sql': 'a' });
    const taken = await createFolder({});
    await writeFile(join(taken, 'mine'), '');
    expect((await failure<OnwardError>(writeConversion(system, planned, { from: folder, to: taken }))).code).toBe(
      'adopt.folder-taken',
    );
    const twice = await plan('flyway', { 'V1__a.sql': 'a', 'V01__b.sql': 'b' });
    const to = join(taken, 'new');
    expect((await failure<OnwardError>(writeConversion(system, twice.plan, { from: folder, to }))).code).toBe(
      'adopt.unusable-folder',
    );
    expect(await readdir(taken)).toEqual(['mine']);
  });
});

describe('findForeignLayout()', () => {
  it('knows the folders that Onward cannot read', async () => {
    const nameOf = async (files: Readonly<Record<string, string>>) =>
      (await findForeignLayout(system, await createFolder(files)))?.name;
    expect(await nameOf({ 'V1__a.sql': '' })).toBe('flyway');
    expect(await nameOf({ '0_init/migration.sql': '' })).toBe('prisma');
    expect(await nameOf({ '0001_a.up.sql': '' })).toBeUndefined();
    expect(await nameOf({ '1.0.0/expand/001_a.sql': '' })).toBeUndefined();
  });
});
