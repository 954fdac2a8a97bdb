import { createHash } from 'node:crypto';

/** A database as a migration tool has left it: two of three files applied. */
export interface LedgerFixture {
  readonly tool: string;
  /** The tool's own statements, as it sends them. `%` stands for the schema of its table. */
  readonly ddl: string;
  /** In one of Onward's layouts; the first two are applied. */
  readonly files: readonly [path: string, text: string][];
  /** The rows as the tool writes them. */
  readonly rows: (files: LedgerFixture['files']) => string;
  /** What the ledger says when, of the first file. */
  readonly appliedAt: string | undefined;
  /** The table that holds the rows. */
  readonly table: string;
  /** How the tool keeps others out while it is at work, if it does. */
  readonly lock?: string;
}

const TEXTS: readonly [string, string, string] = [
  'create table customer (id bigint primary key, name text not null);\n',
  'alter table customer add column note text;\ncreate index customer_note on customer (note);\n',
  'create table invoice (id bigint primary key);\n',
];

/** Names of the three files, with what they do. */
function named(...paths: readonly [string, string, string]): LedgerFixture['files'] {
  return paths.map((path, index) => [path, TEXTS[index] ?? '']);
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** CRC-32 of the lines without their ends, as `java.util.zip.CRC32` gives it; computed once with another program. */
const FLYWAY_SUMS = [297983417, 350521988];

export const LEDGER_FIXTURES: readonly LedgerFixture[] = [
  {
    tool: 'caracal',
    lock: 'select pg_advisory_xact_lock(4732518903281471)',
    table: 'schema_migrations',
    ddl: `create table if not exists %.schema_migrations (
            version text primary key, applied_at timestamptz not null default now());`,
    files: named('0001_baseline.up.sql', '0002_note.up.sql', '0003_invoice.up.sql'),
    rows: () => `insert into %.schema_migrations (version, applied_at) values ('0001_baseline', '2026-03-01 10:00:00+00');
                 insert into %.schema_migrations (version) values ('0002_note') on conflict do nothing;`,
    appliedAt: '2026-03-01T10:00:00.000Z',
  },
  {
    tool: 'dbmate',
    table: 'schema_migrations',
    ddl: 'create table if not exists "%"."schema_migrations" ("version" varchar not null primary key);',
    files: named('20260301100000_customer.sql', '20260302100000_note.sql', '20260303100000_invoice.sql'),
    rows: () => `insert into "%"."schema_migrations" (version) values ('20260301100000');
                 insert into "%"."schema_migrations" (version) values ('20260302100000');`,
    appliedAt: undefined,
  },
  {
    tool: 'flyway',
    table: 'flyway_schema_history',
    ddl: `CREATE TABLE "%"."flyway_schema_history" (
            "installed_rank" INT NOT NULL, "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL, "type" VARCHAR(20) NOT NULL,
            "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER, "installed_by" VARCHAR(100) NOT NULL,
            "installed_on" TIMESTAMP NOT NULL DEFAULT now(), "execution_time" INTEGER NOT NULL, "success" BOOLEAN NOT NULL);
          ALTER TABLE "%"."flyway_schema_history" ADD CONSTRAINT "flyway_schema_history_pk" PRIMARY KEY ("installed_rank");
          CREATE INDEX "flyway_schema_history_s_idx" ON "%"."flyway_schema_history" ("success");`,
    files: named('0001_customer.up.sql', '0002_note.up.sql', '0003_invoice.up.sql'),
    rows: () => `
      INSERT INTO "%"."flyway_schema_history" VALUES
        (1, '1', 'customer', 'SQL', 'V1__customer.sql', ${FLYWAY_SUMS[0]}, 'app', '2026-03-01 10:00:00', 12, true),
        (2, '2', 'note', 'SQL', 'V2__note.sql', ${FLYWAY_SUMS[1]}, 'app', '2026-03-02 10:00:00', 7, true);`,
    appliedAt: '2026-03-01T10:00:00.000Z',
  },
  {
    tool: 'frameworks',
    lock: `select pg_advisory_lock(hashtext('frameworks_migrations'), hashtext(current_database()))`,
    table: '_migrations',
    ddl: `CREATE TABLE IF NOT EXISTS %._migrations (
            version TEXT NOT NULL, phase TEXT NOT NULL DEFAULT 'expand', seq INT NOT NULL, filename TEXT NOT NULL, checksum TEXT NOT NULL,
            transactional BOOLEAN NOT NULL DEFAULT true, applied_at TIMESTAMPTZ NOT NULL DEFAULT NOW(), PRIMARY KEY (version, phase, seq));`,
    files: named('v0.3.0/expand/001_customer.sql', 'v0.3.0/postdeploy/001_note.sql', 'v0.3.1/expand/001_invoice.sql'),
    rows: ([first, second]) => `
      INSERT INTO %._migrations (version, phase, seq, filename, checksum, transactional, applied_at)
      VALUES ('v0.3.0', 'expand', 1, '001_customer.sql', '${sha256(first?.[1] ?? '')}', true, '2026-03-01 10:00:00+00');
      INSERT INTO %._migrations (version, phase, seq, filename, checksum, transactional)
      VALUES ('v0.3.0', 'postdeploy', 1, '001_note.sql', '${sha256(second?.[1] ?? '')}', true);`,
    appliedAt: '2026-03-01T10:00:00.000Z',
  },
  {
    tool: 'golang-migrate',
    table: 'schema_migrations',
    ddl: 'CREATE TABLE IF NOT EXISTS "%"."schema_migrations" (version bigint not null primary key, dirty boolean not null);',
    files: named('000001_customer.up.sql', '000002_note.up.sql', '000003_invoice.up.sql'),
    rows: () => `INSERT INTO "%"."schema_migrations" (version, dirty) VALUES (2, false);`,
    appliedAt: undefined,
  },
  {
    tool: 'goose',
    table: 'goose_db_version',
    ddl: `CREATE TABLE %.goose_db_version (
            id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL, is_applied boolean NOT NULL,
            tstamp timestamp NOT NULL DEFAULT now());`,
    files: named('00001_customer.sql', '00002_note.sql', '00003_invoice.sql'),
    rows: () => `INSERT INTO %.goose_db_version (version_id, is_applied) VALUES (0, true);
      INSERT INTO %.goose_db_version (version_id, is_applied, tstamp) VALUES (1, true, '2026-03-01 10:00:00'), (2, true, '2026-03-02');`,
    appliedAt: '2026-03-01T10:00:00.000Z',
  },
  {
    tool: 'node-pg-migrate',
    lock: 'select pg_try_advisory_lock(7241865325823964)',
    table: 'pgmigrations',
    ddl: 'CREATE TABLE "%"."pgmigrations" (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);',
    files: named('1772359200000_customer.sql', '1772445600000_note.sql', '1772532000000_invoice.sql'),
    rows: () => `INSERT INTO "%"."pgmigrations" (name, run_on) VALUES ('1772359200000_customer', '2026-03-01 10:00:00');
                 INSERT INTO "%"."pgmigrations" (name, run_on) VALUES ('1772445600000_note', NOW());`,
    appliedAt: '2026-03-01T10:00:00.000Z',
  },
  {
    tool: 'prisma',
    lock: 'select pg_advisory_lock(72707369)',
    table: '_prisma_migrations',
    ddl: `CREATE TABLE "%"."_prisma_migrations" (
            "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ,
            "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" TIMESTAMPTZ,
            "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(), "applied_steps_count" INTEGER NOT NULL DEFAULT 0);`,
    files: named('20260301100000_customer.sql', '20260302100000_note.sql', '20260303100000_invoice.sql'),
    rows: ([first, second]) => `
      INSERT INTO "%"."_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count) VALUES
        (gen_random_uuid(), '${sha256(first?.[1] ?? '')}', '20260301100000_customer', '2026-03-01 09:59:59+00', '2026-03-01 10:00:00+00', 1),
        (gen_random_uuid(), '${sha256(second?.[1] ?? '')}', '20260302100000_note', now(), now(), 1);`,
    appliedAt: '2026-03-01T10:00:00.000Z',
  },
];
