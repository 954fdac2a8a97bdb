import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a file of a growing product holds, by the number of its table; about one in four is dangerous. */
const FILES = [
  (n) => `create table account_${n} (
  id bigint generated always as identity primary key,
  tenant_id bigint not null,
  email text not null,
  state text not null default 'open',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint account_${n}_state check (state in ('open', 'closed', 'frozen'))
);
create index account_${n}_tenant on account_${n} (tenant_id, created_at);
comment on table account_${n} is 'Who pays, and for what.';
`,
  (n) =>
    `alter table account_${n} add column display_name text;\nalter table account_${n} add column seats int not null default 1;\n`,
  (n) => `-- onward:transaction none\ncreate index concurrently account_${n}_email on account_${n} (lower(email));\n`,
  (n) => `create table invoice_${n} (
  id bigint generated always as identity primary key,
  account_id bigint not null references account_${n} (id) on delete cascade,
  cents bigint not null,
  issued_at timestamptz
);
create index invoice_${n}_account on invoice_${n} (account_id);
create function invoice_${n}_total(account bigint) returns bigint language sql stable as $$
  select coalesce(sum(cents), 0) from invoice_${n} where account_id = account
$$;
`,
  (n) => `alter table invoice_${n} add constraint invoice_${n}_positive check (cents >= 0) not valid;\n`,
  (n) => `create index invoice_${n}_issued on invoice_${n} (issued_at);\n`,
  (n) => `alter table account_${n} alter column seats type bigint;\n`,
  (n) => `do $$
begin
  if not exists (select from pg_roles where rolname = 'reader_${n}') then
    create role reader_${n};
  end if;
end $$;
grant select on account_${n}, invoice_${n} to reader_${n};
create view open_account_${n} as select id, email from account_${n} where state = 'open';
`,
];

/** Numbered files in the flat layout. @param {string} folder @param {number} count */
export async function writeMigrations(folder, count) {
  await mkdir(folder, { recursive: true });
  const paths = Array.from({ length: count }, (_, index) =>
    join(folder, `${String(index + 1).padStart(4, '0')}_step.up.sql`),
  );
  for (const [index, path] of paths.entries()) {
    const table = Math.floor(index / FILES.length) + 1;
    await writeFile(path, FILES[index % FILES.length](table));
  }
  return paths;
}
