import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerServer, startLedgerServer, type TestFiles } from '../../test/support/ledger-server.ts';
import { failure, type TestDatabase, writeMigrations } from '../migrate/test-support.ts';
import type { OnwardError } from '../model/index.ts';
import { planConversion } from './files/convert-files.ts';
import { LEDGER_TOOLS } from './ledgers/tools.ts';

let server: LedgerServer;
beforeAll(async () => {
  server = await startLedgerServer();
});
afterAll(async () => {
  await server?.close();
});

/** A tool's own files, as they read now. Those of Prisma were applied with other line ends where their names say so. */
const FILES = {
  prisma: {
    '0_init/migration.sql': `-- CreateEnum
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');

-- CreateTable
CREATE TABLE "Customer" (
    "id" SERIAL NOT NULL,
    "role" "Role" NOT NULL DEFAULT 'USER',

    CONSTRAINT "Customer_pkey" PRIMARY KEY ("id")
);
`,
    '20260101000000_crlf/migration.sql': '-- AlterTable\nALTER TABLE "Customer" ADD COLUMN "note" TEXT;\n',
    '20260102000000_bom/migration.sql': '\uFEFFALTER TABLE "Customer" ADD COLUMN "mark" TEXT;\n',
    '20260103000000_/migration.sql': 'ALTER TABLE "Customer" ADD COLUMN "unnamed" TEXT;\n',
    '20260104000000_concurrently/migration.sql':
      'CREATE INDEX CONCURRENTLY "Customer_note_idx" ON "Customer"("note");\n',
    '20260105000000_bad/migration.sql': 'ALTER TABLE "Customer" ADD COLUMN "due" TEXT;\n',
    '20260106000000_told/migration.sql': 'CREATE UNIQUE INDEX "Customer_mark_key" ON "Customer"("mark");\n',
    '20260107000000_new/migration.sql': 'ALTER TABLE "Customer" ADD COLUMN "new" TEXT;\n',
  },
  dbmate: {
    '0007_late.sql': '-- migrate:up\nselect 1;\n-- migrate:down\n',
    '20260101.sql':
      '-- a licence\n-- migrate:up\ncreate table customer (id bigint primary key, name text);\n\n-- migrate:down\ndrop table customer;\n',
    '20260102-index.sql':
      '-- migrate:up transaction:false\ncreate index concurrently customer_name on customer (name);\n\n-- migrate:down transaction:false\ndrop index customer_name;\n',
    '20260103.crlf.sql':
      '-- migrate:up transaction: false\r\nalter table customer add column note text;\r\nalter table customer add column due date;\r\n\r\n-- migrate:down\r\nalter table customer drop column note;\r\n',
    '20260104000000_gone.sql': '-- migrate:up\ncreate table gone (id bigint);\n-- migrate:down\ndrop table gone;\n',
  },
  'node-pg-migrate': {
    '0001_init.sql':
      '-- Up Migration\ncreate table customer (id bigint primary key, name text);\n-- Down Migration\ndrop table customer;\n',
    '1772359200002_note.up.sql': 'alter table customer add column note text;\n',
    '20260301100000123_utc.sql':
      '-- Down Migration\r\nalter table customer drop column due;\r\n-- Up Migration\r\nalter table customer add column due date;\r\n',
    '20260301100000124_by name.sql': 'create index customer_name on customer (name);\n',
    '20260401100000124-gone.sql':
      '-- Up Migration\ncreate table gone (id bigint);\n-- Down Migration\ndrop table gone;\n',
  },
} as const;
type Tool = keyof typeof FILES;

async function createWritten(tool: Tool, ...more: readonly string[]): Promise<TestDatabase> {
  const written = await readFile(new URL(`../../test/support/ledgers/${tool}.sql`, import.meta.url), 'utf8');
  return server.createDatabase(written, ...more);
}

/** As "onward adopt files" writes them. */
async function convert(tool: Tool): Promise<TestFiles> {
  const folder = await writeMigrations(FILES[tool]);
  try {
    const known = LEDGER_TOOLS.find(({ name }) => name === tool);
    if (!known) throw new Error(tool);
    const { files, findings } = await planConversion(server.test.system, known, folder);
    expect(findings).toEqual([]);
    return files.map(({ to, bytes }) => [to, bytes.toString('utf8')] as const);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const SQUASHED = {
  prisma: `create type "Role" as enum ('USER', 'ADMIN');
create table "Customer" (id serial primary key, role "Role" not null default 'USER', note text, mark text, unnamed text, due text);
create index "Customer_note_idx" on "Customer" (note);
create unique index "Customer_mark_key" on "Customer" (mark);\n`,
  dbmate: `create table customer (id bigint primary key, name text, note text, due date);
create index customer_name on customer (name);\n`,
  'node-pg-migrate': `create table customer (id bigint primary key, name text, note text, due date);
create index customer_name on customer (name);\n`,
};

describe('the ledger that a real tool wrote', () => {
  it.each<[Tool, readonly string[], string]>([
    [
      'prisma',
      [
        '0_init.up.sql <- 0_init (checksum)',
        '20260101000000_crlf.up.sql <- 20260101000000_crlf (checksum)',
        '20260102000000_bom.up.sql <- 20260102000000_bom (checksum)',
        '20260103000000_unnamed.up.sql <- 20260103000000_ (checksum)',
        '20260104000000_concurrently.up.sql <- 20260104000000_concurrently (checksum)',
        '20260105000000_bad.up.sql <- 20260105000000_bad (checksum)',
        '20260106000000_told.up.sql <- 20260106000000_told (name)',
      ],
      '20260107000000_new.up.sql',
    ],
    [
      'dbmate',
      [
        '0007_late.up.sql <- 0007 (name)',
        '20260101_unnamed.up.sql <- 20260101 (name)',
        '20260102_index.up.sql <- 20260102 (name)',
        '20260103_crlf.up.sql <- 20260103 (name)',
      ],
      '20260104000000_gone.up.sql',
    ],
    [
      'node-pg-migrate',
      [
        '0001_init.up.sql <- 0001_init (name)',
        '1772359200002_note.up.sql <- 1772359200002_note.up (name)',
        '1772359200123_utc.up.sql <- 20260301100000123_utc (name)',
        '1772359200124_by_name.up.sql <- 20260301100000124_by name (name)',
      ],
      '1775037600124_gone.up.sql',
    ],
  ])('of %s is taken over with what was applied alone, and the schema proves it', async (tool, taken, pending) => {
    const database = await createWritten(tool);
    const files = await convert(tool);
    const plan = await server.plan(database, files, { prove: true });
    expect(plan.taken.map(({ file, entry, by }) => `${file.path} <- ${entry.label} (${by})`)).toEqual(taken);
    expect(plan).toMatchObject({ findings: [], proof: { deciding: [], files: taken.length } });
    expect(await server.takeOver(database, files)).toBe(taken.length);
    expect((await server.status(database, files)).pending.map(({ path }) => path)).toEqual([pending]);
  });

  it.each(Object.keys(SQUASHED) as Tool[])('of %s gives way to a squashed baseline of its schema', async (tool) => {
    const files: TestFiles = [['2_baseline.up.sql', SQUASHED[tool]]];
    const database = await createWritten(tool);
    const given = { baseline: '2_baseline.up.sql' };
    const less: TestFiles = [['2_baseline.up.sql', SQUASHED[tool].replace(', due', ', end_date')]];
    const error = await failure<OnwardError>(server.takeOver(database, less, given));
    expect(error).toMatchObject({ code: 'adopt.schema-differs', state: 'unchanged' });
    expect(error.detail).toContain('+ column due');
    expect(await server.takeOver(database, files, given)).toBe(1);
    expect((await server.status(database, files)).pending).toEqual([]);
  });
});

describe('what Prisma was told to be applied', () => {
  it('is refused unless the schema proves it, whether or not that was asked for', async () => {
    const database = await createWritten('prisma', 'drop index "Customer_mark_key"');
    const error = await failure<OnwardError>(server.takeOver(database, await convert('prisma')));
    expect(error).toMatchObject({ code: 'adopt.schema-differs', state: 'unchanged', exit: 1 });
    expect(error.detail).toContain('- index "Customer_mark_key": unique btree (mark)');
  });
});

describe('a try of Prisma that failed', () => {
  it('is refused until Prisma is told what came of it', async () => {
    const database = await createWritten(
      'prisma',
      `delete from _prisma_migrations where started_at > '2026-11-21 15:41:46+00'`,
      'update _prisma_migrations set rolled_back_at = null',
    );
    const error = await failure<OnwardError>(server.takeOver(database, await convert('prisma')));
    expect(error.code).toBe('adopt.refused');
    expect(error.findings).toMatchObject([
      { code: 'adopt.failed', message: 'Prisma began 20260105000000_bad and did not finish it' },
    ]);
  });
});

describe('files that no server builds', () => {
  it('prove nothing, and the statement is shown', async () => {
    const files: TestFiles = [['20260101_a.up.sql', 'alter table nothere add column b text;\n']];
    const database = await server.createDatabase(
      'create table schema_migrations (version varchar primary key)',
      `insert into schema_migrations values ('20260101')`,
    );
    const error = await failure<OnwardError>(server.takeOver(database, files, { prove: true }));
    expect(error).toMatchObject({ code: 'adopt.unbuildable-files', state: 'unchanged', exit: 1 });
    expect(error.message).toContain('the statement at 20260101_a.up.sql:1 is refused with "relation "nothere"');
    expect(error.hint).toContain('--baseline');
  });
});
