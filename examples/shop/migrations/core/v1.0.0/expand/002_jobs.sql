create table jobs (
  id bigint generated always as identity primary key,
  kind text not null,
  order_id uuid,
  done_at timestamptz
);

create index jobs_waiting on jobs (id) where done_at is null;

-- One row for every scheduler process, from its first beat to its last one.
create table scheduler_shifts (
  id bigint generated always as identity primary key,
  pid integer not null,
  started_at timestamptz not null default clock_timestamp(),
  last_beat_at timestamptz not null default clock_timestamp()
);
