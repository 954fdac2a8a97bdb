/**
 * Kills the operator's command at every record of its journal, before it is written and after, runs it again, and looks at what is there then: on the
 * way to a release, on the way back from one that never becomes ready, and in `onward rollback`, under load.
 *
 * `ONWARD_CRASH_KILLS` says how often one upgrade is killed, six times unless told; `ONWARD_CRASH_SHARD=2/3` takes every third of the upgrades from the
 * second one on.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/model/index.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import type { CommandResult, RunningCommand } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

/** A deployment whose upgrades are swept. */
export interface Swept {
  readonly stateDirectory: string;
  /** Where its switches take requests. */
  readonly ports: readonly number[];
  /** Of these, the one of a service that stops first. */
  readonly held: number;
  /** What an upgrade does its work through, and what may be killed in the middle of it. */
  readonly faults: readonly Fault[];
  onward(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<CommandResult>;
  start(args: readonly string[]): RunningCommand;
  /** A release in which everything changes that can, migrations included; one service of it never becomes ready when it is bad. */
  publish(version: string, kind: 'good' | 'bad'): Promise<void>;
  /** Begins anew with 1.0.0, where what is upgraded can be left only once. */
  renew?(): Promise<void>;
  /** What `onward doctor` begins with when all is well; nothing to repair unless told. */
  well?(version: string): RegExp | undefined;
  /** Throws unless this release alone is there, by identity, in all of its instances and in the switches, and nothing is left over. */
  assertWhole(version: string): Promise<void>;
  remove(): Promise<void>;
}

export interface Fault {
  readonly what: string;
  readonly failsRequests: boolean;
  /** Kills it, and starts it again. */
  strike(): Promise<void>;
}

interface Moment {
  readonly when: 'before' | 'after';
  /** Of the record, counted from the first one that the command writes. */
  readonly index: number;
  readonly record: JournalRecord;
}

interface Way {
  readonly moments: readonly JournalRecord[];
  /** Brings about what the command is killed in; gives the number of records that are there by then, and the release that must serve at the end. */
  begin(): Promise<{ readonly written: number; readonly release: string }>;
  readonly command: readonly string[];
  /** Of the command. */
  readonly exits: readonly number[];
  /** Of the command when there is nothing to do for it any more. */
  readonly exitsAgain: readonly number[];
}

const [SHARD = 1, SHARDS = 1] = (process.env.ONWARD_CRASH_SHARD ?? '1/1').split('/').map(Number);
const KILLS = Number(process.env.ONWARD_CRASH_KILLS ?? 6);
const UPGRADE = ['upgrade', '--yes'];
/** More than these mean the same, and take hours. */
const FAILURES_ALLOWED = 8;
/** Moments at which each of the other sides is killed, spread over an upgrade. */
const STRIKES = 6;
/** Of a client, who then has not been told that a hold is over. */
const PATIENCE_MS = 55_000;

export function describeSweep(title: string, create: (server: EmbeddedPostgres) => Promise<Swept>): void {
  describe(`${title}: kill -9 at every record of the journal, before and after, then the same command again`, () => {
    let server: EmbeddedPostgres;
    let swept: Swept;
    let patch = 0;
    let serving = '1.0.0';

    beforeAll(async () => {
      server = await startEmbeddedPostgres({ isDurable: false });
      swept = await create(server);
    });
    afterAll(async () => {
      await swept?.remove();
      await server?.remove();
    });

    const publish = async (kind: 'good' | 'bad') => {
      patch += 1;
      await swept.publish(`1.0.${patch}`, kind);
      return `1.0.${patch}`;
    };
    const renew = async () => {
      if (!swept.renew) return;
      await swept.renew();
      serving = '1.0.0';
    };
    const runOnce = async (args: readonly string[], exit: number) => {
      const result = await swept.onward(args);
      expect(result.exit, `${args.join(' ')}\n${result.stderr}`).toBe(exit);
      return newestJournal(swept.stateDirectory);
    };

    it('ends with the new release alone', async () => {
      serving = await publish('good');
      const moments = await runOnce(UPGRADE, 0);
      await swept.assertWhole(serving);
      await sweep(swept, {
        ...{ moments, command: UPGRADE, exits: [0], exitsAgain: [] },
        async begin() {
          await swept.renew?.();
          serving = await publish('good');
          return { written: 0, release: serving };
        },
      });
    });

    it('ends with the old release alone when the new one never becomes ready', async () => {
      await renew();
      await publish('bad');
      const moments = await runOnce(UPGRADE, 3);
      await swept.assertWhole(serving);
      // A release that was rolled back can be tried again, which is what the command does once the run before has ended.
      const begin = async () => ({ written: 0, release: serving });
      await sweep(swept, { moments, command: UPGRADE, exits: [3], exitsAgain: [], begin });
    });

    it('ends with the old release alone when the operator goes back', async () => {
      await renew();
      await publish('good');
      const park = async () => ({
        written: (await runOnce([...UPGRADE, '--until', 'roll'], 5)).length,
        release: serving,
      });
      const { written } = await park();
      const moments = (await runOnce(['rollback'], 3)).slice(written);
      await swept.assertWhole(serving);
      // Behind the last record there is no run any more that could go back.
      await sweep(swept, { moments, command: ['rollback'], exits: [3], exitsAgain: [1], begin: park });
    });

    it('ends with the new release alone when what it works through is killed and comes back', async () => {
      const failures: string[] = [];
      await publish('good');
      const { length } = await runOnce(UPGRADE, 0);
      for (const fault of swept.faults) {
        for (let part = 0.5; part < STRIKES; part += 1) {
          const at = { records: Math.ceil((part / STRIKES) * length), release: await publish('good') };
          const said = `${fault.what} killed at record ${at.records}`;
          const ends = await strike(swept, fault, at).catch((error: Error) => {
            failures.push(`${said}: ${error.message}`);
            return error.message;
          });
          console.log(`${said}: ended with ${ends}`);
          if (failures.length > 0) await swept.onward(UPGRADE);
        }
      }
      expect(failures).toEqual([]);
    });
  });
}

/** The same upgrade with one thing killed in the middle of it, and started again; then the command once more, should it have given up. */
async function strike(
  swept: Swept,
  fault: Fault,
  at: { readonly records: number; readonly release: string },
): Promise<string> {
  const before = await countRuns(swept.stateDirectory);
  const load = startSteadyLoad(swept.ports);
  const running = swept.start(UPGRADE);
  await eventually(
    async () => ((await countRuns(swept.stateDirectory)) > before ? countRecords(swept.stateDirectory) : 0),
    (count) => count >= at.records,
    120_000,
  );
  await fault.strike();
  const first = await running.ended;
  const ends = [first.exit];
  // What went back for it goes forward again; what waits for somebody goes on.
  for (let attempt = 1; attempt <= 3 && ends.at(-1) !== 0; attempt += 1) ends.push((await swept.onward(UPGRADE)).exit);
  const { failures } = await load.stop();
  expect(ends.at(-1), first.stderr).toBe(0);
  if (!fault.failsRequests) expect(failures).toEqual([]);
  await swept.assertWhole(at.release);
  return `${ends.join(', ')}${failures.length > 0 ? `, ${failures.length} requests failed` : ''}${first.exit === 0 ? '' : `\n${first.stderr.slice(-1_500)}`}`;
}

/** Each upgrade is killed at several moments that are far from each other, and then goes to its end. */
async function sweep(swept: Swept, way: Way): Promise<void> {
  const moments = way.moments.flatMap((record, index) =>
    (['before', 'after'] as const).map((when) => ({ when, index, record })),
  );
  const rounds = Math.ceil(moments.length / KILLS);
  const failures: string[] = [];
  const tally = { killed: 0, missed: [] as Moment[] };
  const attempt = async (title: string, chain: readonly Moment[]) => {
    const startedAt = performance.now();
    const { reached, wrong } = await tryMoments(swept, way, chain);
    const said = chain.slice(0, reached).map(describeMoment).join('; then ');
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${title}: ${said}: ${wrong ?? 'whole'}, ${seconds} s`);
    if (wrong !== undefined) failures.push(`${said}: ${wrong}`);
    tally.killed += reached;
    return chain.slice(reached);
  };
  for (let round = SHARD - 1; round < rounds && failures.length < FAILURES_ALLOWED; round += SHARDS) {
    const chain = moments.filter((_, position) => position % rounds === round);
    tally.missed.push(...(await attempt(`round ${round + 1} of ${rounds}`, chain)));
  }
  // One that another kill before it had made unreachable has an upgrade of its own.
  const unreachable: string[] = [];
  for (const moment of tally.missed.splice(0)) {
    const rest = await attempt('alone', [moment]);
    unreachable.push(...rest.map(describeMoment));
  }
  console.log(
    `${tally.killed} moments of ${moments.length} in ${rounds} rounds; never reached: ${unreachable.join('; ') || 'none'}`,
  );
  expect(failures).toEqual([]);
}

/** How many of the moments came, and what was wrong; nothing when all was right. What is wrong is brought in order before the next ones. */
async function tryMoments(
  swept: Swept,
  way: Way,
  chain: readonly Moment[],
): Promise<{ readonly reached: number; readonly wrong: string | undefined }> {
  let wrong: string | undefined;
  let reached = 0;
  try {
    const { written, release } = await way.begin();
    const load = startSteadyLoad(swept.ports, PATIENCE_MS);
    try {
      for (const moment of chain) {
        const pattern = reached === 0 ? `${moment.index + written + 1} ` : renderPattern(moment.record);
        const killed = await swept.onward(way.command, { ONWARD_CRASH: `${moment.when}=^${pattern}` });
        if (killed.signal !== 'SIGKILL') {
          expect(way.exits, `${describeMoment(moment)}\n${killed.stderr}`).toContain(killed.exit);
          break;
        }
        reached += 1;
      }
      const again = await swept.onward(way.command);
      expect([...way.exits, ...way.exitsAgain], `the command again:\n${again.stderr}`).toContain(again.exit);
    } finally {
      const { carried, ...report } = await load.stop();
      const failures = report.failures.filter((failure) => !isHoldOver(swept, failure));
      if (failures.length > 0) wrong = `${failures.length} of ${carried} requests failed: ${failures[0]}`;
    }
    await swept.assertWhole(release);
    const [second, doctor] = await Promise.all([lookAgain(swept, way), swept.onward(['doctor'])]);
    expect(second).toMatch(/Nothing to do|nothing-to-roll-back/i);
    expect(doctor.stdout).toMatch(swept.well?.(release) ?? /^Nothing to repair/);
  } catch (error) {
    wrong = `${wrong ?? ''}\n${describeWrong(error)}`;
    await swept.onward(UPGRADE);
  }
  return { reached, wrong };
}

/** With what was there, and what should have been. */
function describeWrong(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { actual, expected } = error as { readonly actual?: unknown; readonly expected?: unknown };
  if (actual === undefined) return error.message;
  return `${error.message}\nthere: ${JSON.stringify(actual)}\nexpected: ${JSON.stringify(expected)}`;
}

/** A hold lasts for 60 s at most, and the commands that are killed within one may take longer than that, one after the other. */
function isHoldOver({ held }: Swept, failure: string): boolean {
  return failure.includes(` ${held}/`) && failure.endsWith('no answer in time');
}

/** Whoever is back on the old release has a newer one to go to, so that the way back is what has nothing to do. */
async function lookAgain(swept: Swept, way: Way): Promise<string> {
  const { stderr, stdout } = await swept.onward(way.exits.includes(0) ? UPGRADE : ['rollback']);
  return stdout + stderr;
}

function describeMoment({ when, index, record }: Moment): string {
  return `${when} ${index + 1} ${record.kind} ${record.step} ${record.key}`;
}

/** The record, whatever its number, and whichever release and run the instance that it names is of. */
function renderPattern({ kind, step, key }: JournalRecord): string {
  const named = `${kind} ${step} ${key}`.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return `\\d+ ${named.replace(/\d+\\\.\d+\\\.\d+(-[0-9a-f]{6})?/g, '\\S+?')}$`;
}

async function countRecords(stateDirectory: string): Promise<number> {
  // The last line of a journal that is being written may be half there.
  return newestJournal(stateDirectory).then(
    ({ length }) => length,
    () => 0,
  );
}

async function countRuns(stateDirectory: string): Promise<number> {
  return (await readdir(join(stateDirectory, 'runs'))).length;
}

/** Of all its epochs, in their order. */
async function newestJournal(stateDirectory: string): Promise<readonly JournalRecord[]> {
  const runs = join(stateDirectory, 'runs');
  // What was adopted has a journal of its own, and is no run.
  const names = (await readdir(runs)).filter((name) => !name.startsWith('adopt-'));
  const folder = join(runs, names.sort().at(-1) ?? '');
  const journals = (await readdir(folder)).filter((name) => name.startsWith('journal-')).sort();
  const texts = await Promise.all(journals.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as JournalRecord);
}
