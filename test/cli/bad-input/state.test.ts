import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, type EmbeddedPostgres, isPortFree, startEmbeddedPostgres } from '../../../src/system/index.ts';
import { killSwitch } from '../../conformance/switches.ts';
import { createDeployment, type TestDeployment } from '../../support/deployment.ts';
import { eventually } from '../../support/eventually.ts';
import { lines, namesOf, normalise, runRefused } from '../../support/refusal.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'state');
  await tiny.publish('1.0.0');
  await tiny.onward(['status']);
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

describe("a port of the switch that is somebody else's", () => {
  it('closes a gate before anything is changed, and names the command that finds its owner', async () => {
    const other = createServer().listen(tiny.ports.api, '127.0.0.1');
    await once(other, 'listening');
    expect(await runRefused(tiny, ['provision', '--yes'])).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.gate-closed',
        'Could not start: a gate is not open. Nothing has changed.',
        '',
        '  closed   The switch can listen for api: 127.0.0.1:<api port> cannot be listened on; another process may use it',
        '',
        `-> Run "ss -ltnp 'sport = :<api port>'".`,
      ),
    });
    other.close();
    await once(other, 'close');
    const { exit, stderr } = await tiny.onward(['provision', '--yes']);
    expect(exit, stderr).toBe(0);
  });
});

describe('a switch that is gone', () => {
  it("is missed by the doctor, and closes a gate while its port is somebody else's", async () => {
    await killSwitch(createSystem({ environment: {}, onEvent: () => {} }), tiny.stateDirectory);
    // A process that is dead by its first thread keeps its sockets until its last one has ended.
    await eventually(
      () => isPortFree('127.0.0.1', tiny.ports.web),
      (isFree) => isFree,
    );
    const other = createServer().listen(tiny.ports.web, '127.0.0.1');
    await once(other, 'listening');
    const hint = '         Run "onward upgrade --version 1.0.0" to bring the switch in line.';
    expect(await runRefused(tiny, ['doctor'])).toEqual({
      exit: 1,
      stdout: lines(
        'error    The switch has no frontend for api.',
        hint,
        'error    The switch has no frontend for web.',
        hint,
      ),
      stderr: '',
    });
    expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.gate-closed',
        'Could not start: a gate is not open. Nothing has changed.',
        '',
        '  closed   The switch can listen for web: 127.0.0.1:<web port> cannot be listened on; another process may use it',
        '',
        `-> Run "ss -ltnp 'sport = :<web port>'".`,
      ),
    });
    other.close();
    await once(other, 'close');
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });
});

describe('a journal', () => {
  let journal = '';

  function whyCorrupt(line: number): string {
    const why = `Could not trust the journal ${journal}: line ${line} is not the record that was written there. What serves goes on serving.`;
    return why.replace(tiny.folder, '<folder>').replace(/\d{8}-\d{6}-[0-9a-f]{6}/, '<run>');
  }
  const corruptAt = (line: number) => ({
    exit: 4,
    stdout: '',
    stderr: lines(
      'error upgrade.journal-corrupt',
      `${whyCorrupt(line)} A person has to look at it.`,
      '-> Run "onward doctor" to compare what runs with the releases; the journal is kept as it is.',
    ),
  });

  it('is refused as it is when a line of it is another one', async () => {
    await tiny.publish('1.1.0', { migrations: { 'expand/001_add.sql': 'alter table item add column note text;\n' } });
    expect((await tiny.onward(['upgrade', '--yes', '--until', 'expand'])).exit).toBe(5);
    journal = await findNewestJournal();
    const whole = await readFile(journal, 'utf8');
    const changed = whole.split('\n');
    changed[2] = changed[2]?.replace('"kind":"', '"kind":"un') ?? '';
    await writeFile(journal, changed.join('\n'));
    const refusal = corruptAt(3);
    const says = whyCorrupt(3);
    expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual(refusal);
    expect(await runRefused(tiny, ['rollback'])).toEqual(refusal);
    expect(await runRefused(tiny, ['plan'])).toEqual(refusal);
    expect(await runRefused(tiny, ['doctor'])).toEqual({
      exit: 1,
      stdout: lines(
        `error    ${says}`,
        `         Restore the run's folder from a copy of the state directory, then run "onward upgrade".`,
      ),
      stderr: '',
    });
    const status = await runRefused(tiny, ['status']);
    expect(status.stdout.split('\n')).toEqual(expect.arrayContaining(['  worker   1 x 1.0.0', says]));
    expect({ exit: status.exit, stderr: status.stderr }).toEqual({ exit: 1, stderr: '' });
    await writeFile(journal, whole);
  });

  it.each([
    ['a line is missing', (all: string[]) => all.toSpliced(2, 1), 3],
    ['two lines have changed places', ([a = '', b = '', c = '', ...rest]: string[]) => [a, c, b, ...rest], 2],
    ['its first line is cut off at the front', ([first = '', ...rest]: string[]) => [first.slice(9), ...rest], 1],
    ['a line in the middle is torn', (all: string[]) => all.with(1, all[1]?.slice(0, 30) ?? ''), 2],
    ['something else follows', (all: string[]) => [...all.slice(0, -1), 'and more', ''], 0],
  ])('is refused as it is when %s', async (_, damage, line) => {
    const whole = await readFile(journal, 'utf8');
    const damaged = damage(whole.split('\n'));
    await writeFile(journal, damaged.join('\n'));
    expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual(corruptAt(line === 0 ? damaged.length - 1 : line));
    await writeFile(journal, whole);
  });

  it('is gone on with when only its last line is torn', async () => {
    await appendFile(journal, '{"seq":99,"t":"20');
    const said = normalise(await tiny.onward(['upgrade', '--yes']), namesOf(tiny));
    const [found, taken] = said.stderr.split('\n');
    expect(found).toBe(
      'Found run <run> from 1.0.0 to 1.1.0: it is parked after expand; no service had begun to roll. It goes on.',
    );
    expect(taken).toBe('Taking up <run>: 1.0.0 -> 1.1.0');
    expect(said.exit, said.stderr).toBe(0);
    expect(said.stderr).toMatch(/Completed\.\nServing: 1\.1\.0\.\n$/);
  });
});

describe('a file that was half written when its writer was killed', () => {
  it('goes once the next command holds the lease, and one that is being written stays', async () => {
    const { files } = createSystem({ environment: {}, onEvent: () => {} });
    const mine = files.temporaryBeside(join(tiny.stateDirectory, 'instances', 'api', '.creating-api-9'));
    const { pid } = spawnSync(process.execPath, ['--version']);
    const left = mine.replace(`.${process.pid}-`, `.${pid}-`);
    for (const path of [mine, left]) await mkdir(path);
    await writeFile(join(left, 'spec.json'), '{"environment":{"PASSWORD":"se');
    expect((await tiny.onward(['down', '--yes'])).exit).toBe(0);
    expect([await files.exists(mine), await files.exists(left)]).toEqual([true, false]);
  });
});

async function findNewestJournal(): Promise<string> {
  const runs = join(tiny.stateDirectory, 'runs');
  const found = (await readdir(runs, { recursive: true })).filter((path) => /journal-\d+\.jsonl$/.test(path));
  const newest = found.sort((a, b) => epochOf(a) - epochOf(b)).at(-1);
  return join(runs, newest ?? '');
}

function epochOf(path: string): number {
  return Number(/(\d+)\.jsonl$/.exec(path)?.[1]);
}
