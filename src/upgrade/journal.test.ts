import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystem } from '../system/index.ts';
import { type Journal, listRunsByEpoch, loadJournal, openJournal, runFolder } from './journal.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
const run = '20260101-000000-abc123';
let stateDirectory = '';
let path = '';

beforeEach(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'onward-journal-'));
  path = join(runFolder(stateDirectory, run), 'journal-000001.jsonl');
});
afterEach(() => rm(stateDirectory, { recursive: true, force: true }));

async function write(count: number): Promise<Journal> {
  const journal = await openJournal(system, { stateDirectory, run, epoch: 1 });
  for (let index = 0; index < count; index += 1) {
    await journal.append({ step: 'expand', key: `k${index}`, kind: 'note', data: { index } });
  }
  return journal;
}

describe('openJournal()', () => {
  it('chains records by hash and goes on where it ended', async () => {
    await (await write(3)).close();
    const again = await openJournal(system, { stateDirectory, run, epoch: 1 });
    await again.append({ step: 'roll:api', key: 'k3', kind: 'intent' });
    await again.close();
    const records = await loadJournal(system, stateDirectory, run);
    expect(records.map((record) => record.seq)).toEqual([1, 2, 3, 4]);
    expect(records[3]?.prev).toBe(records[2]?.hash);
  });

  it('keeps the order of appends that are made at once', async () => {
    const journal = await openJournal(system, { stateDirectory, run, epoch: 1 });
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => journal.append({ step: 's', key: `k${index}`, kind: 'note' })),
    );
    await journal.close();
    const records = await loadJournal(system, stateDirectory, run);
    expect(records.map((record) => record.key)).toEqual(Array.from({ length: 50 }, (_, index) => `k${index}`));
  });

  it('passes over a torn last line, whatever its length, and goes on in a file of its own', async () => {
    await (await write(2)).close();
    const whole = await readFile(path, 'utf8');
    for (const [index, bytes] of [1, 40, 200].entries()) {
      await writeFile(path, whole + (whole.split('\n')[1]?.slice(0, bytes) ?? ''));
      const journal = await openJournal(system, { stateDirectory, run, epoch: 2 + index });
      expect(journal.records.length).toBe(2 + index);
      await journal.append({ step: 's', key: `later${index}`, kind: 'note' });
      await journal.close();
    }
    expect((await loadJournal(system, stateDirectory, run)).map((record) => record.key)).toEqual([
      'k0',
      'k1',
      'later0',
      'later1',
      'later2',
    ]);
  });

  it('does not read what a holder wrote after it had lost the lease', async () => {
    const stale = await write(2);
    const current = await openJournal(system, { stateDirectory, run, epoch: 2 });
    await current.append({ step: 's', key: 'current', kind: 'note' });
    await stale.append({ step: 's', key: 'stale', kind: 'intent' });
    await current.append({ step: 's', key: 'current too', kind: 'note' });
    expect((await loadJournal(system, stateDirectory, run)).map((record) => record.key)).toEqual([
      'k0',
      'k1',
      'current',
      'current too',
    ]);
    await Promise.all([stale.close(), current.close()]);
  });

  it('refuses a journal in which a line was changed, removed, swapped or torn in the middle', async () => {
    await (await write(4)).close();
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
    const [one = '', two = '', three = '', four = ''] = lines;
    const damaged = [
      [one, two.replace('"index":1', '"index":7'), three, four],
      [one, three, four],
      [one, three, two, four],
      [one, two.slice(0, 30), three, four],
      [one, two, three, '{}'],
      ['not json', two, three, four],
    ];
    for (const version of damaged) {
      await writeFile(path, `${version.join('\n')}\n`);
      await expect(openJournal(system, { stateDirectory, run, epoch: 1 })).rejects.toMatchObject({
        code: 'upgrade.journal-corrupt',
        exit: 4,
      });
      expect(await readFile(path, 'utf8')).toBe(`${version.join('\n')}\n`);
    }
  });

  it('writes no secret', async () => {
    system.redaction.add('hunter2-hunter2');
    const journal = await openJournal(system, { stateDirectory, run, epoch: 1 });
    await journal.append({ step: 's', key: 'k', kind: 'note', data: { url: 'postgres://u:hunter2-hunter2@h/d' } });
    await journal.close();
    expect(await readFile(path, 'utf8')).not.toContain('hunter2');
    expect((await loadJournal(system, stateDirectory, run)).length).toBe(1);
  });

  it('says when the disk takes no more, and writes nothing after that', async () => {
    const full = await openJournal(
      { ...system, files: { ...system.files, openDurable: openFull } },
      { stateDirectory, run, epoch: 1 },
    );
    await full.append({ step: 's', key: 'first', kind: 'note' });
    const error = { code: 'upgrade.journal-unwritable', message: expect.stringContaining('the disk is full') };
    await expect(full.append({ step: 's', key: 'second', kind: 'note' })).rejects.toMatchObject(error);
    await expect(full.append({ step: 's', key: 'third', kind: 'note' })).rejects.toMatchObject(error);
    await full.close();
    expect((await loadJournal(system, stateDirectory, run)).map((record) => record.key)).toEqual(['first']);
  });
});

describe('listRunsByEpoch()', () => {
  it('puts the run that began last first, also among runs of one second and of clocks that differ', async () => {
    const runs = ['20260101-000000-fff111', '20260101-000000-aaa222', '20250101-000000-bbb333'];
    for (const [index, name] of runs.entries()) {
      const journal = await openJournal(system, { stateDirectory, run: name, epoch: 99 + index });
      await journal.append({ step: 's', key: 'k', kind: 'note' });
      await journal.close();
    }
    const again = await openJournal(system, { stateDirectory, run: runs[0] ?? '', epoch: 200 });
    await again.close();
    expect(await listRunsByEpoch(system, stateDirectory)).toEqual([...runs].reverse());
  });
});

/** A file on a disk with room for one record: the second append tears, as ENOSPC does. */
async function openFull(file: string) {
  const real = await system.files.openDurable(file);
  let appended = 0;
  return {
    ...real,
    async append(text: string) {
      appended += 1;
      if (appended === 1) return real.append(text);
      if (appended === 2) await real.append(text.slice(0, 10));
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    },
  };
}
