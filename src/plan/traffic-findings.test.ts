import { describe, expect, it } from 'vitest';
import type { Facts, FrontendFact, InstanceFact } from '../model/index.ts';
import { trafficFindings } from './traffic-findings.ts';

const NOTHING = `sha256:${'0'.repeat(64)}` as const;
const HOPS = { hops: [{ from: '1.0.0', to: '1.1.0' }] } as unknown as Parameters<typeof trafficFindings>[1];

function unit(id: string, more: Partial<InstanceFact> = {}): InstanceFact {
  const unknown = { release: '', identity: NOTHING, config: NOTHING, run: '', restarts: 0 };
  return { id, service: 'api', ...unknown, state: 'running', place: `${id}: api.service`, ...more };
}

function find(instances: readonly InstanceFact[], frontend: Partial<FrontendFact>) {
  const facts = { instances, frontends: [{ service: 'api', targets: undefined, ...frontend }] };
  return trafficFindings(facts as unknown as Facts, HOPS).map(({ message }) => message);
}

describe('trafficFindings()', () => {
  it('warn of what somebody else has started and the switch sends nothing to', () => {
    expect(find([unit('a')], {})).toEqual([
      'a: api.service of api, not made by Onward, gets its requests past the switch: they fail once the upgrade stops it.',
    ]);
    expect(find([unit('a'), unit('b')], { targets: [{ id: 'a', state: 'draining' }] })[0]).toMatch(
      /^2 instances of api/,
    );
  });

  it.each([
    { why: 'is sent there', of: [unit('a')], frontend: { targets: [{ id: 'a', state: 'active' }] } },
    { why: 'was started by Onward', of: [unit('a', { release: '1.0.0' })], frontend: {} },
    { why: 'does not run', of: [unit('a', { state: 'stopped' })], frontend: {} },
    { why: 'closes a gate', of: [unit('a')], frontend: { use: { problem: { message: 'It is gone.', hint: '' } } } },
  ])('say nothing where it $why', ({ of, frontend }) => {
    expect(find(of, frontend)).toEqual([]);
  });
});
