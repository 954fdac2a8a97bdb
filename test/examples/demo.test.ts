import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { judgeEvidence } from '../../examples/demo/evidence.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const TINY = resolve(import.meta.dirname, '../support/tiny-demo.mjs');
const CLEANED = 'removed second\nremoved first\n';

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program, and presses Ctrl-C once it has said this. */
async function play(argv: readonly string[], interruptAt?: string): Promise<Ended> {
  const child = spawn(process.execPath, argv, { cwd: ROOT });
  let isInterrupted = interruptAt === undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    if (!isInterrupted && chunk.includes(`${interruptAt}`)) isInterrupted = child.kill('SIGINT');
  });
  const [[exit], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { exit, stdout, stderr };
}

describe('runDemo()', () => {
  it('plays what was prepared, says what came of it, and undoes all in the opposite order', async () => {
    expect(await play([TINY, 'good'])).toEqual({
      exit: 0,
      stdout: 'prepared\n\nplaying on the moon\n\n\n3 requests\n\nCleaning up\n',
      stderr: CLEANED,
    });
  });

  it('gives standard output to the one line of JSON alone', async () => {
    const { exit, stdout, stderr } = await play([TINY, 'good', '--json']);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '{"requests":3}\n' });
    expect(stderr).toContain('playing on the moon');
  });

  it('ends with 1 when something is not as promised, or could not be undone', async () => {
    const faulty = await play([TINY, 'faulty']);
    expect(faulty).toMatchObject({ exit: 1, stderr: `Not as promised: 2 requests failed\n${CLEANED}` });
    const untidy = await play([TINY, 'untidy']);
    expect(untidy).toMatchObject({ exit: 1, stderr: `The moon could not be removed.\n${CLEANED}` });
  });

  it('ends with 2 and a sentence when something is not there that it needs, and with a stack when it is mistaken itself', async () => {
    const lacking = await play([TINY, 'lacking']);
    expect(lacking).toMatchObject({ exit: 2, stderr: `This demo needs a moon.\n${CLEANED}` });
    const broken = await play([TINY, 'broken']);
    expect(broken).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/^TypeError: a mistake\n {4}at Object.prepare/),
    });
  });

  it('undoes all and ends with 130 when it is interrupted', async () => {
    const interrupted = await play([TINY, 'endless'], 'calm');
    expect(interrupted).toMatchObject({ exit: 130, stderr: `Interrupted.\n${CLEANED}` });
  });

  it('keeps everything until it is interrupted when asked to, and ends with what came of it', async () => {
    const kept = await play([TINY, 'good', '--keep'], 'the moon stays');
    expect(kept).toMatchObject({ exit: 0, stderr: CLEANED });
  });

  it('undoes all when its reader goes away', async () => {
    const command = `set -o pipefail; "${process.execPath}" "${TINY}" endless | head -n 1`;
    const said = await new Promise((end) =>
      execFile('bash', ['-c', command], (error, stdout, stderr) => end([error?.code, stdout, stderr])),
    );
    expect(said).toEqual([141, 'prepared\n', `Nobody reads this any more.\n${CLEANED}`]);
  });
});

describe('readOptions()', () => {
  const shop = (...words: string[]) => play(['examples/shop/demo.mjs', ...words]);

  it('shows every option with its value, and begins nothing', async () => {
    expect(await shop('--help')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(
        /^Usage: npm run demo -- \[options\]\n[\s\S]*\n {2}--rate <number> +of requests a second \(120\)\n/,
      ),
    });
  });

  it.each([
    [['examples/shop/demo.mjs', '--ful'], "Unknown option '--ful'"],
    [['examples/shop/demo.mjs', '--calm', 'long'], '--calm is "long", which is no number.'],
    [['examples/hosts/demo.mjs', '--ssh-config', 'x'], '--database is missing.'],
  ])('refuses %j', async (argv, message) => {
    const { exit, stdout, stderr } = await play(argv);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr.slice(0, message.length)).toBe(message);
    expect(stderr).toContain('Usage: ');
  });
});

describe('judgeEvidence()', () => {
  const good = {
    ...{ release: '1.2.0', rolledBack: '1.3.0', runs: [] },
    ...{ acknowledgedOrders: 2, lostWrites: 0, doubledWrites: 0, schedulers: 2, schedulerOverlaps: 0 },
  };

  it.each([
    [{}, []],
    [{ lostWrites: 2, doubledWrites: 3 }, ['2 acknowledged orders are not there', '3 orders were stored twice']],
    [{ schedulerOverlaps: 1 }, ['two schedulers ran at once']],
    [{ release: '1.1.0', rolledBack: null }, ['the shop is on 1.1.0, not on 1.2.0', '1.3.0 was not rolled back']],
  ])('of %j finds %j', (change, faults) => {
    expect(judgeEvidence({ ...good, ...change }).filter(Boolean)).toEqual(faults);
  });
});
