import { readdir } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { findFaults, type Summary } from '../../examples/shop/demo/summary.mjs';
import { type Demo, endDemo, interruptAt, parseSummary, startDemo } from './demo.ts';

const MINUTES = 60_000;
let demo: Demo | undefined;

afterEach(async () => {
  if (demo) await endDemo(demo);
  demo = undefined;
});

describe('npm run demo', () => {
  it(
    'goes to 1.2.0 and back from 1.3.0 without a failed request or a lost order, and leaves nothing behind',
    async () => {
      demo = await startDemo('shop/demo.mjs', { args: ['--json', '--calm', '1', '--rate', '60'] });
      const { exit, stdout, stderr } = await demo.ended;
      const summary = parseSummary<Summary>(stdout);
      expect(summary, stderr).toMatchObject({ failed: 0, failures: [], lostWrites: 0, doubledWrites: 0 });
      expect(summary).toMatchObject({ release: '1.2.0', rolledBack: '1.3.0', schedulers: 2, schedulerOverlaps: 0 });
      expect(summary.billing).toBeNull();
      expect(summary.carried).toBeGreaterThan(1_000);
      expect(summary.runs.map((run) => `${run.from} ${run.to}`)).toEqual([
        'none 1.0.0',
        '1.0.0 1.1.0',
        '1.1.0 1.2.0',
        '1.2.0 1.3.0',
      ]);
      expect(exit).toBe(0);
      expect(await readdir(demo.temporary)).toEqual([]);
    },
    5 * MINUTES,
  );

  it(
    'leaves nothing behind when it is interrupted in the middle of an upgrade',
    async () => {
      demo = await startDemo('shop/demo.mjs', { args: ['--calm', '0', '--rate', '60'] });
      interruptAt(demo, 'the operator upgrades', 'serves its new instances');
      const { exit, stderr } = await demo.ended;
      expect(stderr).toContain('Interrupted.');
      expect(exit).toBe(130);
      expect(await readdir(demo.temporary)).toEqual([]);
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
  const billing = { contracted: true, invoices: 9, lines: 9, unbilled: 0, wrong: 0 };

  it.each([
    [{}, []],
    [{ failed: 1 }, ['1 requests failed']],
    [{ release: '1.1.0' }, ['the shop is on 1.1.0, not on 1.2.0']],
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
