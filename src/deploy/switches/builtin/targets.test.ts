import { describe, expect, it } from 'vitest';
import { targetAt } from '../../../../test/support/frontends.ts';
import { createClock } from '../../../system/index.ts';
import { LIMITS } from './limits.ts';
import { createTargets, type Target } from './targets.ts';

const create = () => createTargets({ clock: createClock(), limits: LIMITS });
const NONE: ReadonlySet<Target> = new Set();

describe('choosing a target', () => {
  it('takes the one with the least in flight for its weight', () => {
    const targets = create();
    targets.replace([targetAt(1, { weight: 1 }), targetAt(2, { weight: 4 })]);
    const chosen: string[] = [];
    for (let count = 0; count < 10; count += 1) {
      const target = targets.choose(NONE);
      if (target) target.inFlight += 1;
      chosen.push(target?.id ?? '');
    }
    expect(chosen.filter((id) => id === 't2')).toHaveLength(8);
  });

  it('goes round among equals', () => {
    const targets = create();
    targets.replace([targetAt(1), targetAt(2), targetAt(3)]);
    const chosen = Array.from({ length: 6 }, () => targets.choose(NONE)?.id);
    expect(new Set(chosen.slice(0, 3)).size).toBe(3);
    expect(chosen.slice(3)).toEqual(chosen.slice(0, 3));
  });

  it('takes a standby only when every active one was tried, and a draining one never', () => {
    const targets = create();
    targets.replace([
      targetAt(1, { state: 'draining' }),
      targetAt(2, { state: 'standby' }),
      targetAt(3, { state: 'active' }),
    ]);
    const first = targets.choose(NONE);
    expect(first?.id).toBe('t3');
    const second = targets.choose(new Set(first ? [first] : []));
    expect(second?.id).toBe('t2');
    const both = new Set([first, second].filter((target) => target !== undefined));
    expect(targets.choose(both)).toBeUndefined();
  });

  it('keeps the count of a target that stays at its place, and starts anew for one that moved', () => {
    const targets = create();
    targets.replace([targetAt(1)]);
    const target = targets.choose(NONE);
    if (target) target.inFlight = 3;
    targets.replace([targetAt(1, { state: 'draining', weight: 2 })]);
    expect(targets.list()).toMatchObject([{ id: 't1', state: 'draining', weight: 2, inFlight: 3 }]);
    targets.replace([targetAt(2, { id: 't1' })]);
    expect(targets.list()).toMatchObject([{ id: 't1', inFlight: 0 }]);
  });
});
