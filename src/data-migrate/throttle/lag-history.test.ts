import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLagHistory } from './lag-history.ts';

describe('createLagHistory()', () => {
  it('tells for how long a standby has not applied what was there, whatever the server measures', () => {
    let now = 0;
    const history = createLagHistory({ monotonicMs: () => now }, { limitMs: 1_000 });
    history.note(100n);
    now = 500;
    history.note(200n);
    now = 900;
    expect(history.lagMs(200n)).toBe(0);
    expect(history.lagMs(150n)).toBe(400);
    expect(history.lagMs(99n)).toBe(900);
    expect(history.isShort()).toBe(true);
    now = 1_000;
    expect(history.isShort()).toBe(false);
  });

  it('never says more than is so, and is no farther off than the looks are apart', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 1, max: 400 }), written: fc.integer({ min: 0, max: 50 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), fc.nat(2_000), (steps, at) => {
        let now = 0;
        let end = 1n;
        const history = createLagHistory({ monotonicMs: () => now }, { limitMs: 2_000 });
        const truth: { readonly end: bigint; readonly at: number }[] = [];
        for (const { afterMs, written } of steps) {
          now += afterMs;
          if (written > 0) {
            end += BigInt(written);
            truth.push({ end, at: now });
          }
          history.note(end);
        }
        const place = BigInt(at);
        const missed = truth.find((one) => one.end > place);
        const lag = missed ? now - missed.at : 0;
        const told = history.lagMs(place);
        // What was there before the first look is seen at the first look.
        if (end > place && !missed) return;
        expect(told).toBeLessThanOrEqual(lag);
        expect(told).toBeGreaterThanOrEqual(lag - 100 - 400);
      }),
    );
  });
});
