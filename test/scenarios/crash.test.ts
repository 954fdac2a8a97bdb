import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/model/index.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type PublishOptions, SERVICES, type TestDeployment } from '../support/deployment.ts';
import { type SteadyLoad, startSteadyLoad } from '../support/steady-load.ts';

/** `ONWARD_CRASH_POINTS=all` takes every record, before and after; otherwise one of a fifth of the sorts of records, chosen by a seed. */
const TAKES_ALL = process.env.ONWARD_CRASH_POINTS === 'all';
const SEED = Number(process.env.ONWARD_CRASH_SEED ?? Math.floor(Math.random() * 1e6));

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let load: SteadyLoad;
let patch = 0;
const tally = { wholeNew: 0, wholeOld: 0, otherwise: 0 };

beforeAll(async () => {
  console.log(`crash points: ${TAKES_ALL ? 'all' : `a sample, seed ${SEED}`}`);
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'crash');
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  load = startSteadyLoad([tiny.ports.api, tiny.ports.web]);
});
afterAll(async () => {
  await load?.stop();
  await tiny?.remove();
  await server?.remove();
  console.log(`whole new: ${tally.wholeNew}, whole old: ${tally.wholeOld}, otherwise: ${tally.otherwise}`);
});

describe('kill -9 at a record of the journal, then the same command again', () => {
  it(
    'ends with every service on the new release',
    async () => {
      await publishGood();
      expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
      for (const point of choosePoints(await newestJournal())) {
        const version = await publishGood();
        await crashAt(point);
        const again = await tiny.onward(['upgrade', '--yes']);
        await expectWhole(again, { exit: 0, release: version, at: point });
        tally.wholeNew += 1;
      }
    },
    TAKES_ALL ? 3_600_000 : 600_000,
  );

  it(
    'ends with every service back on the old release when the new one is bad',
    async () => {
      const old = `1.0.${patch}`;
      await publishBad();
      expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(3);
      const records = await newestJournal();
      const turn = records.findIndex((record) => record.key === 'run.direction');
      // What comes before the decision to go back is what the first test crashes at.
      for (const point of choosePoints(TAKES_ALL ? records : records.slice(turn))) {
        // The version is the same each time: a release that was rolled back can be tried again.
        await crashAt(point);
        const again = await tiny.onward(['upgrade', '--yes']);
        // A crash behind the run's last record leaves nothing to take up: the command then tries the bad release anew.
        await expectWhole(again, { exit: 3, release: old, at: point });
        tally.wholeOld += 1;
      }
    },
    TAKES_ALL ? 3_600_000 : 600_000,
  );

  it('has failed no request meanwhile', async () => {
    const report = await load.stop();
    expect(report.failures).toEqual([]);
    expect(report.carried).toBeGreaterThan(100);
  });
});

/** Another patch release, in which everything changes that can: an index without transaction, a column, and each service but web. */
async function publishGood(): Promise<string> {
  patch += 1;
  const mark = `r${patch}`;
  const behaviour: PublishOptions['behaviour'] = {
    api: { mark },
    worker: { mark },
    cron: { mark },
    ...(patch % 3 === 0 ? { web: { mark } } : {}),
  };
  const version = `1.0.${patch}`;
  await tiny.publish(version, {
    behaviour,
    migrations: {
      'expand/001_column.sql': `alter table item add column c${patch} text;\n`,
      'expand/002_index.notx.sql': `create index concurrently item_c${patch} on item (c${patch});\n`,
      'postdeploy/001_check.sql': `alter table item add constraint k${patch} check (c${patch} <> 'x') not valid;\n`,
    },
    details: 'totals: [{ name: items, database: core, query: select count(*) from item, compare: exact }]\n',
  });
  return version;
}

async function publishBad(): Promise<void> {
  patch += 1;
  await tiny.publish(`1.0.${patch}`, {
    behaviour: {
      api: { mark: `bad${patch}` },
      cron: { mark: `bad${patch}` },
      web: { neverReady: true, mark: `bad${patch}` },
    },
  });
  await tiny.writeDeployment((text) => text.replace(/(web: .*)readyTimeout: 4s/, '$1readyTimeout: 1s'));
}

interface Point {
  readonly moment: 'before' | 'after';
  /** Matched against `<number> <kind> <step> <key>`. */
  readonly pattern: string;
}

/** Every record, both moments; or one of every fifth sort, which sorts and which moment by the seed. */
function choosePoints(records: readonly JournalRecord[]): readonly Point[] {
  if (TAKES_ALL) {
    return records.flatMap(({ seq }) =>
      (['before', 'after'] as const).map((moment) => ({ moment, pattern: `^${seq} ` })),
    );
  }
  const sorts = new Map<string, string>();
  for (const { kind, step, key } of records) {
    const sort = `${kind} ${step.startsWith('back') ? 'back' : ''}\\S* ${key.split(':')[0]}(:|$)`;
    sorts.set(sort, `^\\d+ ${sort}`);
  }
  let state = SEED;
  const chosen = [...sorts.values()].filter((_, index) => (index + SEED) % 5 === 0);
  return chosen.map((pattern) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return { moment: state % 2 === 0 ? 'before' : 'after', pattern };
  });
}

async function crashAt(point: Point): Promise<void> {
  const result = await tiny.onward(['upgrade', '--yes'], { ONWARD_CRASH: `${point.moment}=${point.pattern}` });
  expect(result.signal, `${point.moment} ${point.pattern} was not reached:\n${result.stderr}`).toBe('SIGKILL');
}

async function newestJournal(): Promise<readonly JournalRecord[]> {
  const runs = (await readdir(join(tiny.stateDirectory, 'runs'))).sort();
  const folder = join(tiny.stateDirectory, 'runs', runs.at(-1) ?? '');
  const names = (await readdir(folder)).filter((name) => name.startsWith('journal-'));
  const text = await readFile(join(folder, names[0] ?? ''), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalRecord);
}

interface Expected {
  readonly exit: number;
  readonly release: string;
  readonly at: Point;
}

/** One release serves, the ledger is right, nothing is left over, and the doctor has nothing to repair. */
async function expectWhole(
  result: { readonly exit: number | null; readonly stderr: string },
  expected: Expected,
): Promise<void> {
  const where = `${expected.at.moment} ${expected.at.pattern}`;
  tally.otherwise += 1;
  const isNothingToDo = expected.exit === 0 && result.exit === 0;
  expect(isNothingToDo || result.exit === expected.exit, `${where}\n${result.stderr}`).toBe(true);
  const status = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
  expect(status.release, where).toBe(expected.release);
  expect(status.run, where).toBeUndefined();
  const doctor = await tiny.onward(['doctor']);
  expect(doctor.stdout, where).toMatch(/^Nothing to repair/);
  const [ledger] = await tiny.query(
    `select count(*)::int as files, count(distinct path)::int as paths from onward.migration`,
  );
  expect(ledger?.files, where).toBe(ledger?.paths);
  const [invalid] = await tiny.query('select count(*)::int as n from pg_index where not indisvalid');
  expect(invalid?.n, where).toBe(0);
  expect(await countProcesses(), where).toEqual({ supervisors: 5, switches: 1 });
  tally.otherwise -= 1;
}

/** The detached processes of this deployment, by their arguments: two of api and one of each other service, and the switch. */
async function countProcesses(): Promise<{ readonly supervisors: number; readonly switches: number }> {
  let supervisors = 0;
  let switches = 0;
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!words.some((word) => word.startsWith(tiny.stateDirectory))) continue;
    if (words.some((word) => word.endsWith('supervisor.js'))) supervisors += 1;
    if (words.some((word) => word.endsWith('switch.js'))) switches += 1;
  }
  expect(supervisors).toBeLessThanOrEqual(2 * (SERVICES.length + 1));
  return { supervisors, switches };
}
