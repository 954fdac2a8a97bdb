/** Version of the ledger's own tables. An older ledger is brought forward when Onward first writes; a newer one is refused. */
export const LEDGER_SCHEMA_VERSION = 1;

/** The statements that bring the ledger from the version before to this one; the first one is version 1. */
export const LEDGER_STEPS: readonly string[] = [
  `
create schema if not exists onward;

create table onward.ledger (
  only_row    boolean primary key default true check (only_row),
  version     integer not null,
  created_at  timestamptz not null default pg_catalog.clock_timestamp()
);

create table onward.migration (
  id               text primary key,
  database         text not null,
  release          text not null,
  version          text not null,
  phase            text not null,
  sequence         bigint not null,
  name             text not null,
  path             text not null,
  checksum         text not null,
  fingerprint      text not null,
  statements       integer not null,
  transactional    boolean not null,
  run              text not null,
  epoch            bigint,
  started_at       timestamptz not null,
  finished_at      timestamptz not null,
  locks_waited     integer not null default 0,
  stalled_sessions integer not null default 0,
  stalled_ms       integer not null default 0,
  origin           text not null default 'onward'
);

create table onward.migration_statement (
  migration    text not null,
  ordinal      integer not null,
  line         integer not null,
  fingerprint  text not null,
  state        text not null check (state in ('intent', 'done')),
  run          text not null,
  epoch        bigint,
  started_at   timestamptz not null default pg_catalog.clock_timestamp(),
  finished_at  timestamptz,
  primary key (migration, ordinal)
);

create table onward.baseline (
  database     text primary key,
  version      text not null,
  source       text not null,
  run          text,
  recorded_at  timestamptz not null default pg_catalog.clock_timestamp()
);

create table onward.data_migration (
  id             text primary key,
  release        text not null,
  status         text not null default 'pending'
                 check (status in ('pending', 'running', 'paused', 'completed', 'failed', 'cancelled')),
  wanted         text check (wanted in ('pause', 'cancel')),
  cursor         jsonb,
  scanned        bigint not null default 0,
  changed        bigint not null default 0,
  failed         bigint not null default 0,
  batches        bigint not null default 0,
  remaining      bigint,
  waiting_for    text,
  waiting_since  timestamptz,
  last_error     text,
  holder         text,
  epoch          bigint,
  run            text,
  started_at     timestamptz,
  finished_at    timestamptz,
  verified_at    timestamptz,
  contracted_by  text,
  updated_at     timestamptz not null default pg_catalog.clock_timestamp(),
  relation       oid,
  estimated      bigint,
  passed         bigint not null default 0
);

create unique index data_migration_relation on onward.data_migration (relation, epoch) where status = 'running';

create table onward.data_migration_batch (
  data_migration  text not null references onward.data_migration (id),
  batch           bigint not null,
  lower_key       jsonb,
  upper_key       jsonb not null,
  scanned         bigint not null,
  changed         bigint not null,
  epoch           bigint not null,
  started_at      timestamptz not null,
  finished_at     timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (data_migration, batch)
);

create table onward.lease (
  deployment   text primary key,
  holder       text not null,
  run          text not null,
  epoch        bigint not null,
  expires_at   timestamptz not null,
  acquired_at  timestamptz not null
);

create table onward.fence (
  deployment  text primary key,
  epoch       bigint not null
);

create table onward.run (
  run           text primary key,
  kind          text not null default 'upgrade',
  deployment    text not null,
  from_release  text not null,
  to_release    text not null,
  target        text not null,
  step          text not null,
  seq           bigint not null,
  hash          text not null,
  epoch         bigint not null,
  outcome       text not null,
  started_at    timestamptz not null default pg_catalog.clock_timestamp(),
  updated_at    timestamptz not null default pg_catalog.clock_timestamp()
);

create table onward.release (
  deployment    text not null,
  release       text not null,
  digest        text not null,
  run           text not null,
  completed_at  timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (deployment, run)
);

create table onward.data_migration_scope (
  data_migration  text not null references onward.data_migration (id),
  kind            text not null,
  value           text not null,
  position        bigint generated always as identity,
  status          text not null default 'pending' check (status in ('pending', 'running', 'completed')),
  cursor          jsonb,
  scanned         bigint not null default 0,
  changed         bigint not null default 0,
  batches         bigint not null default 0,
  finished_at     timestamptz,
  primary key (data_migration, kind, value)
);

create table onward.dual_write (
  data_migration  text primary key,
  release         text not null,
  table_name      text not null,
  schema_name     text not null,
  name            text not null,
  fingerprint     text not null,
  run             text not null,
  epoch           bigint not null,
  installed_at    timestamptz not null default pg_catalog.clock_timestamp(),
  removed_at      timestamptz
);

create table onward.acceptance (
  id            bigint generated always as identity primary key,
  deployment    text not null,
  risk          text not null,
  content       text not null,
  release       text not null,
  reason        text not null,
  accepted_by   text not null,
  accepted_at   timestamptz not null default pg_catalog.clock_timestamp(),
  until         timestamptz,
  withdrawn_by  text,
  withdrawn_at  timestamptz
);

create table onward.statement_baseline (
  deployment  text not null,
  release     text not null,
  taken_at    timestamptz not null default pg_catalog.clock_timestamp(),
  reset_at    text,
  evictions   bigint,
  calls       jsonb not null,
  primary key (deployment, taken_at)
);

create table onward.quarantine (
  id             text primary key,
  deployment     text not null,
  release        text not null,
  run            text not null,
  epoch          bigint not null,
  began_at       timestamptz not null,
  until          timestamptz not null,
  doomed         jsonb not null,
  losses         jsonb not null,
  before         jsonb not null,
  undo           text not null,
  ended_at       timestamptz,
  ended_because  text
);

create unique index quarantine_in_force on onward.quarantine (deployment) where ended_at is null;

create table onward.adopted (
  tool         text not null,
  source       text not null,
  key          text not null,
  migration    text,
  proof        text not null check (proof in ('checksum', 'schema', 'name')),
  applied_at   timestamptz,
  entry        jsonb not null,
  run          text not null,
  epoch        bigint,
  recorded_at  timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (tool, source, key)
);

comment on schema onward is 'The ledger of Onward: what was applied to this database, by which release and run.';
insert into onward.ledger (version) values (1);
`,
];
