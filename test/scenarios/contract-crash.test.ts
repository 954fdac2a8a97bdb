import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/model/index.ts';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { type CommandResult, createDeployment, type TestDeployment } from '../support/deployment.ts';

/** `ONWARD_CRASH_POINTS=all` takes every record, before and after; otherwise every fifth sort of effect, which and when by a seed. */
const TAKES_ALL = process.env.ONWARD_CRASH_POINTS === 'all';
const SEED = Number(process.env.ONWARD_CRASH_SEED ?? Math.floor(Math.random() * 1e6));
/** What a crash can leave in different states; other records only say what happened. */
const EFFECTS = /^(intent|result|decision) |^note lease /;

let server: EmbeddedPostgres;
let scratch: EmbeddedPostgres;
let tiny: TestDeployment;
/** Makes the database what it was before the contract run, with its trigger. */
let restore: string;

beforeAll(async () => {
  console.log(`crash points: ${TAKES_ALL ? 'all' : `a sample, seed ${SEED}`}`);
  server = await startEmbeddedPostgres({
    isDurable: false,
    settings: { shared_preload_libraries: 'pg_stat_statements' },
  });
  scratch = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'contract-crash');
  const more = `scratch: { url: "${scratch.url}/postgres" }\nbackup: { command: [/bin/true], verify: [/bin/true] }\n`;
  await tiny.writeDeployment((text) => `${text}${more}`);
  await tiny.publish('1.0.0', {
    migrations: {
      'expand/001_create.sql': 'create table item (id bigint primary key, name text, old text, spare int);\n',
    },
  });
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query('create extension pg_stat_statements');
  for (let id = 1; id <= 5; id += 1) await tiny.query(`insert into item (id, name, old) values (${id}, 'n', 'o')`);
  await tiny.publish('1.1.0', {
    migrations: {
      'expand/001_add.sql': 'alter table item add column fresh text;\n',
      'contract/001_drop.sql': 'alter table item drop column old;\n',
      'contract/002_spare.sql': 'alter table item drop column spare;\n',
    },
    details: `rollback: { until: postdeploy }
dataMigrations:
  - id: fill-fresh
    database: core
    table: item
    key: id
    set: fresh = upper(old)
    where: old is not null and fresh is null
    verify: select count(*) from item where old is not null and fresh is null
    before: postdeploy
    dualWrite:
      timing: before
      events: [insert, update]
      body: |
        if new.fresh is null then
          new.fresh := upper(new.old);
        end if;
`,
  });
  const upgraded = await tiny.onward(['upgrade', '--yes']);
  expect(upgraded.exit, upgraded.stderr).toBe(0);
  await tiny.query("insert into item (id, name, fresh) values (9, 'new', 'NEW')");
  restore = await renderRestore();
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
  await scratch?.remove();
});

async function renderRestore(): Promise<string> {
  const [made] = await tiny.query(
    `select pg_get_functiondef(tgfoid) as function, pg_get_triggerdef(oid) as trigger from pg_trigger where not tgisinternal`,
  );
  return `alter table item add column old text, add column spare int; ${made?.function};
    ${made?.trigger}; update onward.dual_write set removed_at = null; update onward.data_migration set contracted_by = null;
    delete from onward.migration where phase = 'contract';
    delete from onward.run where kind = 'contract' and outcome <> 'unfinished'`;
}

/** What is there: the old column, its trigger, the files in the ledger, and what is told of the run. */
async function observe(): Promise<Record<string, unknown>> {
  const [found] = await tiny.query(
    `select exists (select from pg_attribute where attrelid = 'item'::regclass and attname = 'old' and not attisdropped) as old,
            exists (select from pg_trigger where tgrelid = 'item'::regclass and not tgisinternal) as trigger,
            (select count(*)::int from onward.migration where phase = 'contract') as files,
            (select contracted_by is not null from onward.data_migration) as verified,
            (select count(*)::int from item where fresh is null) as lost`,
  );
  return found ?? {};
}
const GONE = { old: false, trigger: false, files: 2, verified: true, lost: 0 };
const THERE = { old: true, trigger: true, files: 0, verified: false, lost: 0 };

const contract = (crash?: string): Promise<CommandResult> =>
  tiny.onward(['contract', '--yes'], crash === undefined ? {} : { ONWARD_CRASH: crash });

async function newestJournal(): Promise<readonly JournalRecord[]> {
  const runs = (await readdir(join(tiny.stateDirectory, 'runs'))).sort();
  const folder = join(tiny.stateDirectory, 'runs', runs.at(-1) ?? '');
  const [name = ''] = (await readdir(folder)).filter((file) => file.startsWith('journal-'));
  const text = await readFile(join(folder, name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalRecord);
}

function choosePoints(records: readonly JournalRecord[]): readonly string[] {
  if (TAKES_ALL) return records.flatMap(({ seq }) => [`before=^${seq} `, `after=^${seq} `]);
  const described = records.map(({ kind, step, key }) => `${kind} ${step} ${key.split(':')[0]}`);
  const sorts = [...new Set(described.filter((sort) => EFFECTS.test(sort)))];
  const chosen = sorts.filter((_, index) => (index + SEED) % 5 === 0);
  return chosen.map((sort, index) => `${(SEED + index) % 2 === 0 ? 'before' : 'after'}=^\\d+ ${sort}(:|$)`);
}

describe('kill -9 at a record of a contract run, then the same command again', () => {
  it(
    'ends with the old shape gone, each file applied once',
    async () => {
      const first = await contract();
      expect(first.exit, first.stderr).toBe(0);
      expect(await observe()).toEqual(GONE);
      for (const point of choosePoints(await newestJournal())) {
        await tiny.query(restore);
        const killed = await contract(point);
        expect(killed.signal, `${point} was not reached:\n${killed.stderr}`).toBe('SIGKILL');
        const again = await contract();
        expect(again.exit, `${point}\n${again.stderr}`).toBe(0);
        expect(await observe(), point).toEqual(GONE);
      }
      const status = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
      expect(status.run).toBeUndefined();
      expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
    },
    TAKES_ALL ? 1_800_000 : 300_000,
  );
});

describe('a contract run that was cut off', () => {
  it('lets no upgrade begin, and none goes back, until it has ended', async () => {
    await tiny.query(restore);
    expect((await contract('after=^\\d+ intent backup backup')).signal).toBe('SIGKILL');
    for (const args of [['upgrade', '--yes'], ['rollback']]) {
      const refused = await tiny.onward(args);
      expect(refused.stderr, args.join(' ')).toContain('Run "onward contract" to go on with it.');
      expect(refused.exit, args.join(' ')).toBe(1);
    }
    expect((await tiny.onward(['status'])).stdout).toMatch(
      /^Contract run \S+ up to 1\.1\.0 was cut off at: Back up\./m,
    );
    expect(await observe()).toEqual(THERE);
  });

  it('ends without a change when a gate has been shut since, and puts the trigger back', async () => {
    expect((await contract('after=^\\d+ result contract dual-write')).signal).toBe('SIGKILL');
    expect(await observe()).toEqual({ ...THERE, trigger: false });
    const target = await resolveConnectionTarget({ url: tiny.databaseUrl, origin: 'test', environment: {} });
    const system = createSystem({ environment: {}, onEvent: () => {} });
    const older = await system.postgres.connect(target, { applicationName: 'api@0.9.0' });
    const stopped = await contract();
    await older.close();
    expect(stopped.stderr).toContain('upgrade.contract-closed');
    expect(stopped.exit, stopped.stderr).toBe(1);
    expect(await observe()).toEqual(THERE);
    const whole = await contract();
    expect(whole.exit, whole.stderr).toBe(0);
    expect(await observe()).toEqual(GONE);
  });
});
