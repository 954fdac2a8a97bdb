import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, round } from '../figures.mjs';
import { connect, startPostgres } from '../postgres.mjs';
import { followLockWaits, LOGGING } from './lock-waits.mjs';
import { POLICIES } from './policies.mjs';
import { startWorkload } from './workload.mjs';

const GOAL = { clientSeconds: 0.1, longestMs: 50 };
/** How old the reader's transaction is when the statement comes. */
const HEAD_START_MS = 500;
const AFTERMATH_MS = 300;
const CONTROL_MS = 4_000;
/** A policy that has not found its moment by then is not waited for any longer. */
const LIMIT_MS = 60_000;

/**
 * @typedef {object} Sample
 * @property {number} clientSeconds that sessions of the application waited for the table's lock, summed up
 * @property {number} longestMs of these waits
 * @property {number} finishMs until the column was there
 * @property {number} attempts
 * @property {boolean} isDone within the limit
 * @property {number} longestStatementMs as a writer saw it: lock, disk and machine
 */

/** @type {import('../run.mjs').Bench} */
export const stall = {
  name: 'stall',
  title: '"alter table … add column" behind transactions of three seconds, while 8 writers use the table',
  async measure({ folder, tool, isQuick, say }) {
    const rounds = isQuick ? 1 : 5;
    const server = await startPostgres({ settings: LOGGING });
    const url = await server.createDatabase('bench');
    const workload = await startWorkload(url);
    const client = await connect(url, 'bench policy');
    const candidates = {
      'no statement': () => sleep(CONTROL_MS).then(() => ({ attempts: 0, isDone: true })),
      onward: createOnwardCandidate({ folder, tool, url }),
      ...Object.fromEntries(
        Object.entries(POLICIES).map(([name, run]) => [name, (sql, signal) => run(client, sql, signal)]),
      ),
    };
    const samples = Object.fromEntries(Object.keys(candidates).map((name) => [name, /** @type {Sample[]} */ ([])]));
    const observe = { workload, waits: followLockWaits(server.directory) };
    try {
      for (let turn = 0; turn < rounds; turn += 1) {
        say(`round ${turn + 1} of ${rounds}`);
        for (const [name, run] of Object.entries(candidates)) {
          const column = `${name.toLowerCase().replaceAll(/\W/g, '_')}_${turn}`;
          const one = await sample(observe, (signal) => run(`alter table hot add column ${column} text`, signal));
          samples[name]?.push(one);
          if (name !== 'no statement' && one.isDone) await assertColumn(client, column);
        }
      }
    } finally {
      await workload.stop();
      await client.end();
      await server.remove();
    }
    return conclude(samples);
  },
};

/** The command as an operator types it, with one more file each time. */
function createOnwardCandidate({ folder, tool, url }) {
  const migrations = join(folder, 'migrations');
  const expand = join(migrations, 'core/1.0.0/expand');
  let files = 0;
  return async (sql) => {
    files += 1;
    await mkdir(expand, { recursive: true });
    await writeFile(join(expand, `${String(files).padStart(3, '0')}_add.sql`), `${sql};\n`);
    const { stdout } = await tool.run(['migrate', '--url', url, '--migrations', migrations, '--json']);
    // Events come first, one per line; the last line is the report.
    const report = JSON.parse(stdout.trimEnd().split('\n').at(-1));
    return { attempts: 1 + report.applied[0].locksWaited, isDone: true };
  };
}

async function sample({ workload, waits }, run) {
  await workload.readerBegan();
  await sleep(HEAD_START_MS);
  workload.takeSeen();
  await waits.skip();
  const startedAt = performance.now();
  const { attempts, isDone } = await run(AbortSignal.timeout(LIMIT_MS));
  const finishMs = performance.now() - startedAt;
  await sleep(AFTERMATH_MS);
  const stalls = await waits.take();
  return {
    clientSeconds: stalls.reduce((sum, ms) => sum + ms, 0) / 1_000,
    longestMs: Math.max(0, ...stalls),
    finishMs,
    attempts,
    isDone,
    longestStatementMs: workload.takeSeen().longestMs,
  };
}

async function assertColumn(client, column) {
  const { rows } = await client.query(`select from pg_attribute where attrelid = 'hot'::regclass and attname = $1`, [
    column,
  ]);
  if (rows.length !== 1) throw new Error(`There is no column ${column}`);
}

/** Ours by its worst round, the others by their median one. */
function conclude({ 'no statement': control = [], onward = [], ...others }) {
  const figures = (of, samples) => ({
    clientSeconds: round(of(samples.map(({ clientSeconds }) => clientSeconds)), 3),
    longestMs: round(of(samples.map(({ longestMs }) => longestMs)), 1),
    finishMs: Math.round(of(samples.map(({ finishMs }) => finishMs))),
  });
  const worst = (values) => Math.max(...values);
  const ours = figures(worst, onward);
  const peers = Object.fromEntries(Object.entries(others).map(([name, samples]) => [name, figures(median, samples)]));
  const best = Math.min(...Object.values(peers).map(({ clientSeconds }) => clientSeconds));
  const row = (name, how, samples) => {
    const { clientSeconds, longestMs, finishMs } = figures(how === 'worst' ? worst : median, samples);
    const attempts = samples.map((one) => `${one.attempts}${one.isDone ? '' : ' (gave up)'}`).join(', ');
    const seen = Math.round(worst(samples.map(({ longestStatementMs }) => longestStatementMs)));
    return [
      `${name} (${how} of ${samples.length})`,
      `${clientSeconds} s`,
      `${longestMs} ms`,
      `${finishMs} ms`,
      attempts,
      `${seen} ms`,
    ];
  };
  return {
    ours,
    peers,
    ratio: round(ours.clientSeconds / best, 4),
    goal: GOAL,
    met: ours.clientSeconds <= GOAL.clientSeconds && ours.longestMs <= GOAL.longestMs,
    rows: [
      ['', 'client-seconds', 'longest wait', 'finished', 'attempts', 'longest statement'],
      row('no statement', 'worst', control),
      row('onward', 'worst', onward),
      ...Object.entries(others).map(([name, samples]) => row(name, 'median', samples)),
    ],
  };
}
