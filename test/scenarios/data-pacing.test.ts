import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

const ROWS = 2_000;

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'pacing');
  await tiny.publish('1.0.0', {
    migrations: { 'expand/002_parcel.sql': 'create table parcel (id bigint primary key, name text);\n' },
  });
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  for (const table of ['item', 'parcel'])
    await tiny.query(
      `insert into ${table} (id, name) select n, 'a' || n from generate_series(1, ${ROWS}) as n; analyze ${table}`,
    );
  await tiny.publish('1.1.0', {
    behaviour: { web: { mark: '1.1.0' } },
    migrations: {
      'expand/001_columns.sql': `alter table item add column loud text, add column later text;
alter table parcel add column loud text, add column later text;\n`,
    },
    details: `dataMigrations:\n${[
      declare('item-loud', 'item', { column: 'loud', before: 'postdeploy' }),
      declare('parcel-loud', 'parcel', { column: 'loud', before: 'postdeploy' }),
      declare('item-later', 'item', { column: 'later', before: 'contract' }),
      declare('parcel-later', 'parcel', { column: 'later', before: 'contract' }),
    ].join('')}rollback: { until: postdeploy }\n`,
  });
});
afterAll(async () => {
  await tiny.remove();
  await server.remove();
});

function declare(
  id: string,
  table: string,
  { column, before }: { readonly column: string; readonly before: string },
): string {
  return `  - id: ${id}
    database: core
    table: ${table}
    key: id
    set: ${column} = upper(name)
    where: ${column} is null
    verify: select count(*) from ${table} where ${column} is null
    before: ${before}
    batch: { rows: 100 }
`;
}

/** A window that is closed for hours. */
function closedWindow(): string {
  const hour = (new Date().getUTCHours() + 3) % 24;
  const name = (of: number) => String(of % 24).padStart(2, '0');
  return `${name(hour)}:00-${name(hour + 1)}:00 UTC`;
}

const pace = (pacing: string) =>
  tiny.writeDeployment((text) => `${text.replace(/^pacing:.*\n/m, '')}pacing: ${pacing}\n`);

describe('the pacing of a deployment', () => {
  it('holds the data step of an upgrade back, which says why, as the status does, and can be left there', async () => {
    await pace(`{ windows: ["${closedWindow()}"] }`);
    const upgrade = tiny.start(['upgrade', '--yes']);
    const waiting = /item-loud: waiting for the next window of onward\.yaml, at .* UTC/;
    const status = await eventually(
      () => tiny.onward(['status']),
      ({ stdout }) => stdout.includes('waiting for the next window'),
      // The services roll before.
      60_000,
    );
    expect(status.stdout).toMatch(/is at: Run data migrations/);
    expect(status.stdout).toMatch(
      /^ {2}item-loud: 0 rows scanned; 0\.0 % of about 2000 rows; waiting for the next window of onward\.yaml, at .* UTC, since /m,
    );
    upgrade.kill('SIGINT');
    const parked = await upgrade.ended;
    expect(parked.exit, parked.stderr).toBe(5);
    expect(parked.stderr).toMatch(waiting);
  });

  it('runs data migrations side by side when it allows that', async () => {
    await pace('{ parallel: 2, rowsPerSecond: 4000 }');
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(upgraded.stderr).toContain('item-loud  2,000 rows scanned');
    expect(upgraded.stderr).toContain('parcel-loud  2,000 rows scanned');
    const told = (await tiny.events())
      .split('\n')
      .filter((line) => line.includes('"data.started"') || line.includes('"data.finished"'));
    const lastTwoStarted = told.slice(-4, -2).map((line) => (JSON.parse(line) as { readonly type: string }).type);
    expect(lastTwoStarted).toEqual(['data.started', 'data.started']);
    expect(
      await tiny.query(
        'select count(*)::int as old from item, parcel where item.id = parcel.id and (item.loud is null or parcel.loud is null)',
      ),
    ).toEqual([{ old: 0 }]);
  });
});

describe('onward data-migrate run --all', () => {
  it('takes one id or --all', async () => {
    const neither = await tiny.onward(['data-migrate', 'run']);
    expect(neither.stderr).toContain('Could not tell what to do: <id> or --all is missing.');
    expect(neither.exit).toBe(2);
    const both = await tiny.onward(['data-migrate', 'run', 'item-later', '--all']);
    expect(both.stderr).toContain('--all takes no id, and "item-later" is one');
    expect(both.exit).toBe(2);
  });

  it('completes what is left, and leaves out what the operator has paused', async () => {
    expect((await tiny.onward(['data-migrate', 'pause', 'parcel-later'])).exit).toBe(0);
    const run = await tiny.onward(['data-migrate', 'run', '--all']);
    expect(run.exit, run.stderr).toBe(0);
    expect(run.stdout).toContain('item-later: completed');
    expect(run.stdout).toContain('parcel-later: paused');
    expect(await tiny.query('select count(*)::int as old from item where later is null')).toEqual([{ old: 0 }]);
    expect(await tiny.query('select count(*)::int as old from parcel where later is null')).toEqual([{ old: ROWS }]);
    const again = await tiny.onward(['data-migrate', 'run', '--all']);
    expect(again.exit, again.stderr).toBe(0);
    expect(again.stdout).toContain('parcel-later: paused');
  });
});
