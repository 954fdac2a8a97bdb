/**
 * Kills the operator's command at every record of its journal, before it is written and after, runs it again, and looks at what is there then: on the
 * way to a release, on the way back from one that never becomes ready, and in `onward rollback`. Each moment has its own load.
 *
 * `ONWARD_CRASH_SHARD=2/3` takes every third moment from the second on; `ONWARD_CRASH_ONLY=<text>` those with it in what the log says of them.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/model/index.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import type { CommandResult } from '../support/deployment.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

/** A deployment whose upgrades are swept. */
export interface Swept {
  readonly stateDirectory: string;
  /** Where its switches take requests. */
  readonly ports: readonly number[];
  onward(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<CommandResult>;
  /** A release in which everything changes that can, migrations included; one service of it never becomes ready when it is bad. */
  publish(version: string, kind: 'good' | 'bad'): Promise<void>;
  /** Throws unless this release alone is there, by identity, in all of its instances and in the switches, and nothing is left over. */
  assertWhole(version: string): Promise<void>;
  remove(): Promise<void>;
}

interface Moment {
  readonly when: 'before' | 'after';
  /** Of the record, counted from the first one that the command writes. */
  readonly index: number;
  readonly record: string;
}

interface Way {
  readonly moments: readonly JournalRecord[];
  /** Brings about what the command is killed in; gives the number of records that are there by then, and the release that must serve at the end. */
  begin(): Promise<{ readonly written: number; readonly release: string }>;
  readonly command: readonly string[];
  /** Of the command, when it is run again. */
  readonly exits: readonly number[];
}

const [SHARD = 1, SHARDS = 1] = (process.env.ONWARD_CRASH_SHARD ?? '1/1').split('/').map(Number);
const ONLY = process.env.ONWARD_CRASH_ONLY ?? '';
const UPGRADE = ['upgrade', '--yes'];
/** More than these mean the same, and take hours. */
const FAILURES_ALLOWED = 8;

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
        ...{ moments, command: UPGRADE, exits: [0] },
        async begin() {
          serving = await publish('good');
          return { written: 0, release: serving };
        },
      });
    });

    it('ends with the old release alone when the new one never becomes ready', async () => {
      await publish('bad');
      const moments = await runOnce(UPGRADE, 3);
      await swept.assertWhole(serving);
      // A release that was rolled back can be tried again, which is what the command does once the run before has ended.
      const begin = async () => ({ written: 0, release: serving });
      await sweep(swept, { moments, command: UPGRADE, exits: [3], begin });
    });

    it('ends with the old release alone when the operator goes back', async () => {
      await publish('good');
      const park = async () => ({
        written: (await runOnce([...UPGRADE, '--until', 'roll'], 5)).length,
        release: serving,
      });
      const { written } = await park();
      const moments = (await runOnce(['rollback'], 3)).slice(written);
      await swept.assertWhole(serving);
      // Behind the last record there is no run any more that could go back.
      await sweep(swept, { moments, command: ['rollback'], exits: [3, 1], begin: park });
    });
  });
}

async function sweep(swept: Swept, way: Way): Promise<void> {
  const moments = (['before', 'after'] as const)
    .flatMap((when) => way.moments.map((record, index) => ({ when, index, record: describeRecord(record) })))
    .filter((moment, index) => index % SHARDS === SHARD - 1 && describeMoment(moment).includes(ONLY));
  const failures: string[] = [];
  for (const [number, moment] of moments.entries()) {
    const startedAt = performance.now();
    const found = await tryMoment(swept, way, moment);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${number + 1}/${moments.length} ${describeMoment(moment)}: ${found ?? 'whole'}, ${seconds} s`);
    if (found !== undefined) failures.push(`${describeMoment(moment)}: ${found}`);
    if (failures.length >= FAILURES_ALLOWED) break;
  }
  expect(failures).toEqual([]);
}

/** What was wrong; nothing when all was right. What is wrong is brought in order before the next moment. */
async function tryMoment(swept: Swept, way: Way, moment: Moment): Promise<string | undefined> {
  let wrong: string | undefined;
  try {
    const { written, release } = await way.begin();
    const load = startSteadyLoad(swept.ports);
    try {
      await killAndRunAgain(swept, way, { ...moment, index: moment.index + written });
    } finally {
      const { failures, carried } = await load.stop();
      if (failures.length > 0) wrong = `${failures.length} of ${carried} requests failed: ${failures[0]}`;
    }
    await swept.assertWhole(release);
    const [second, doctor] = await Promise.all([lookAgain(swept, way), swept.onward(['doctor'])]);
    expect(second).toMatch(/Nothing to do|No run is unfinished/i);
    expect(doctor.stdout).toMatch(/^Nothing to repair/);
  } catch (error) {
    wrong = `${wrong ?? ''}\n${error instanceof Error ? error.message : String(error)}`;
    await swept.onward(UPGRADE);
  }
  return wrong;
}

async function killAndRunAgain(swept: Swept, way: Way, { when, index }: Moment): Promise<void> {
  const killed = await swept.onward(way.command, { ONWARD_CRASH: `${when}=^${index + 1} ` });
  if (killed.signal !== 'SIGKILL') {
    // Looks that are written down come more or less often: the last records of one run are not there in another.
    const { length } = await newestJournal(swept.stateDirectory);
    expect(length, `not reached:\n${killed.stderr}`).toBeLessThanOrEqual(index);
    expect(way.exits).toContain(killed.exit);
    return;
  }
  const again = await swept.onward(way.command);
  expect(way.exits, `the command again:\n${again.stderr}`).toContain(again.exit);
}

/** Whoever is back on the old release has a newer one to go to, so that the way back is what has nothing to do. */
async function lookAgain(swept: Swept, way: Way): Promise<string> {
  const { stderr, stdout } = await swept.onward(way.exits.includes(0) ? UPGRADE : ['rollback']);
  return stdout + stderr;
}

function describeMoment({ when, index, record }: Moment): string {
  return `${when} record ${index + 1}, ${record}`;
}

function describeRecord({ kind, step, key }: JournalRecord): string {
  return `${kind} ${step} ${key}`;
}

/** Of all its epochs, in their order. */
async function newestJournal(stateDirectory: string): Promise<readonly JournalRecord[]> {
  const runs = join(stateDirectory, 'runs');
  const folder = join(runs, (await readdir(runs)).sort().at(-1) ?? '');
  const names = (await readdir(folder)).filter((name) => name.startsWith('journal-')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as JournalRecord);
}
