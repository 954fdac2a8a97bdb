import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { findFaults, type Summary } from '../../examples/shop/demo/summary.mjs';

// Everything that the demo makes stands in its own temporary folder, so what is left of it can be told.
const DEMO = resolve(import.meta.dirname, '../../examples/shop/demo.mjs');
const MINUTES = 60_000;
let temporary = '';

afterEach(() => rm(temporary, { recursive: true, force: true }));

interface Demo {
  readonly process: ChildProcess;
  /** Once the process and its output have ended. */
  readonly ended: Promise<{ readonly exit: number | null; readonly stdout: string; readonly stderr: string }>;
}

async function startDemo(...args: string[]): Promise<Demo> {
  temporary = await mkdtemp(join(tmpdir(), 'onward-demo-'));
  // The server does not run as root, and reaches its own folder through this one.
  await chmod(temporary, 0o755);
  const child = spawn(process.execPath, [DEMO, ...args], { env: { ...process.env, TMPDIR: temporary } });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { process: child, ended: ended.then(([[exit], stdout, stderr]) => ({ exit, stdout, stderr })) };
}

describe('npm run demo', () => {
  it(
    'goes to 1.2.0 and back from 1.3.0 without a failed request or a lost order, and leaves nothing behind',
    async () => {
      const demo = await startDemo('--json');
      const { exit, stdout, stderr } = await demo.ended;
      const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Summary;
      expect(summary, stderr).toMatchObject({ failed: 0, failures: [], lostWrites: 0, doubledWrites: 0 });
      expect(summary).toMatchObject({ release: '1.2.0', rolledBack: '1.3.0', schedulers: 2, schedulerOverlaps: 0 });
      expect(summary.billing).toBeNull();
      expect(summary.carried).toBeGreaterThan(2_000);
      expect(summary.runs.map((run) => `${run.from} ${run.to}`)).toEqual([
        'none 1.0.0',
        '1.0.0 1.1.0',
        '1.1.0 1.2.0',
        '1.2.0 1.3.0',
      ]);
      expect(exit).toBe(0);
      expect(await readdir(temporary)).toEqual([]);
    },
    5 * MINUTES,
  );

  it(
    'leaves nothing behind when it is interrupted in the middle of an upgrade',
    async () => {
      const demo = await startDemo();
      let isUpgrading = false;
      demo.process.stdout?.on('data', (chunk: Buffer) => {
        isUpgrading ||= chunk.includes('the operator upgrades');
      });
      demo.process.stderr?.on('data', (chunk: Buffer) => {
        if (isUpgrading && chunk.includes('serves its new instances')) demo.process.kill('SIGINT');
      });
      const { exit, stderr } = await demo.ended;
      expect(stderr).toContain('Interrupted.');
      expect(exit).toBe(1);
      expect(await readdir(temporary)).toEqual([]);
    },
    3 * MINUTES,
  );
});

describe('findFaults()', () => {
  const good = {
    carried: 10,
    failed: 0,
    failures: [],
    acknowledgedOrders: 2,
    lostWrites: 0,
    doubledWrites: 0,
    schedulers: 2,
    schedulerOverlaps: 0,
    release: '1.2.0',
    rolledBack: '1.3.0',
    releases: {},
    latency: {},
    runs: [],
    billing: null,
  };
  const billing = { exit: 0, contracted: true, invoices: 9, lines: 9, unbilled: 0, wrong: 0 };

  it.each([
    [{}, []],
    [{ failed: 1 }, ['1 requests failed']],
    [{ lostWrites: 2 }, ['2 acknowledged orders are not there']],
    [{ doubledWrites: 3 }, ['3 orders were stored twice']],
    [{ schedulerOverlaps: 1 }, ['two schedulers ran at once']],
    [{ release: '1.1.0' }, ['the shop is on 1.1.0, not on 1.2.0']],
    [{ rolledBack: null }, ['1.3.0 was not rolled back']],
    [{ billing }, ['the shop is on 1.2.0, not on 1.4.0']],
    [{ billing: { ...billing, contracted: false }, release: '1.4.0' }, ['the old shape is still there']],
    [
      { billing: { ...billing, unbilled: 1, wrong: 2 }, release: '1.4.0' },
      ['1 orders have no invoice', '2 invoices have another amount'],
    ],
  ])('of %j finds %j', (change, faults) => {
    expect(findFaults({ ...good, ...change })).toEqual(faults);
  });
});
