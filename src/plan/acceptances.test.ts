import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Acceptance, describeAcceptance, type Gate, isPassable } from '../model/index.ts';
import { applyAcceptances, contentOf, digestOfRisk } from './acceptances.ts';

const seed = Date.now() % 2 ** 31;
const limits = { seed, numRuns: 500 };
const NOW = '2026-06-01T12:00:00.000Z';

const gate: Gate = {
  id: 'risk:slow-vacuum',
  title: 'Risk slow-vacuum of 1.2.0',
  state: 'closed',
  evidence: 'vacuum takes hours on Postgres 14',
  risk: 'slow-vacuum',
  content: digestOfRisk({ message: 'vacuum takes hours' }),
};

const acceptance: Acceptance = {
  risk: 'slow-vacuum',
  content: digestOfRisk({ message: 'vacuum takes hours' }),
  release: '1.2.0',
  reason: 'we vacuum on Sundays',
  by: 'ana@ops1',
  acceptedAt: '2026-05-31T08:00:00.000Z',
  until: '2026-07-01T00:00:00.000Z',
};

const pass = (some: Gate, acceptances: readonly Acceptance[], now = NOW) =>
  applyAcceptances([some], acceptances, now).every(isPassable);

describe('applyAcceptances()', () => {
  it('lets a gate be passed by an acceptance of its risk and content, and says which one', () => {
    expect(applyAcceptances([gate], [acceptance], NOW)).toEqual([{ ...gate, accepted: acceptance }]);
    expect(pass(gate, [acceptance])).toBe(true);
    expect(pass({ ...gate, state: 'unknown' }, [acceptance])).toBe(true);
  });

  it('counts one without an end for good, and one with an end only before it', () => {
    const { until: _, ...endless } = acceptance;
    expect(pass(gate, [endless], '2099-01-01T00:00:00.000Z')).toBe(true);
    expect(pass(gate, [acceptance], '2026-06-30T23:59:59.999Z')).toBe(true);
    expect(pass(gate, [acceptance], '2026-07-01T00:00:00.000Z')).toBe(false);
  });

  it('counts none that ends when the time is not known', () => {
    expect(pass(gate, [acceptance], '')).toBe(false);
    expect(pass(gate, [{ ...acceptance, until: 'soon' }])).toBe(false);
  });

  it('counts none of another risk or of another content', () => {
    expect(pass(gate, [{ ...acceptance, risk: 'slow-vacuum-2' }])).toBe(false);
    expect(pass(gate, [{ ...acceptance, content: digestOfRisk({ message: 'vacuum takes days' }) }])).toBe(false);
  });

  it('lets nobody accept a gate that names no risk, and leaves an open one alone', () => {
    const { risk: _, ...plain } = gate;
    expect(pass(plain, [acceptance])).toBe(false);
    expect(applyAcceptances([{ ...gate, state: 'open' }], [acceptance], NOW)).toEqual([{ ...gate, state: 'open' }]);
  });

  it('takes no gate at its word that it was accepted', () => {
    expect(pass({ ...gate, accepted: acceptance }, [])).toBe(false);
  });

  it('covers what the gate says where it does not declare what is accepted', () => {
    const { content: _, ...said } = gate;
    expect(pass(said, [{ ...acceptance, content: contentOf(said) }])).toBe(true);
    expect(pass({ ...said, evidence: 'something else' }, [{ ...acceptance, content: contentOf(said) }])).toBe(false);
  });

  const word = fc.constantFrom('a', 'b', 'queries:core');
  const anyGate: fc.Arbitrary<Gate> = fc
    .record({
      risk: fc.option(word, { nil: undefined }),
      content: word,
      state: fc.constantFrom('open', 'closed', 'unknown'),
    })
    .map(({ risk, content, state }) => ({
      id: `risk:${risk}`,
      title: 'a gate',
      state: state as Gate['state'],
      evidence: 'seen',
      ...(risk === undefined ? {} : { risk, content: digestOfRisk({ content }) }),
    }));
  const anyTime = fc.integer({ min: 0, max: 4 }).map((day) => `2026-06-0${day + 1}T00:00:00.000Z`);
  const anyAcceptance: fc.Arbitrary<Acceptance> = fc
    .record({ risk: word, content: word, until: fc.option(anyTime, { nil: undefined }) })
    .map(({ risk, content, until }) => ({
      ...acceptance,
      risk,
      content: digestOfRisk({ content }),
      until: until ?? '9999-01-01T00:00:00.000Z',
    }));

  it(`opens exactly the gates that have an acceptance of the same risk and content which has not ended (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(anyGate), fc.array(anyAcceptance), anyTime, (gates, acceptances, now) => {
        const passable = applyAcceptances(gates, acceptances, now).map(isPassable);
        const expected = gates.map(
          ({ state, risk, content }) =>
            state === 'open' ||
            acceptances.some((one) => one.risk === risk && one.content === content && `${one.until}` > now),
        );
        expect(passable).toEqual(expected);
      }),
      limits,
    );
  });
});

describe('describeAcceptance()', () => {
  it('names who, until when and why', () => {
    expect(describeAcceptance(acceptance)).toBe('accepted by ana@ops1 until 2026-06-30: we vacuum on Sundays');
    expect(describeAcceptance({ ...acceptance, until: '2026-07-01T08:30:10.000Z' })).toBe(
      'accepted by ana@ops1 until 2026-07-01 08:30 UTC: we vacuum on Sundays',
    );
  });
});
