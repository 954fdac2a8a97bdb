import { describe, expect, it } from 'vitest';
import { type BypassFact, type Facts, type Hop, isPassable } from '../model/index.ts';
import { applyAcceptances, contentOf } from './acceptances.ts';
import { buildBypassGates, bypassFindings } from './bypass-gates.ts';

const request = { requested: 'stable', hops: [], rollback: 'run', command: '' } as const;

function bypass(more: Partial<BypassFact> = {}): BypassFact {
  const server = { backend: 'shop_api', isListen: false, server: 'web1', address: '172.18.0.3:3000' };
  return { ...server, instance: 'api-1', inFlight: 0, asked: 0, countedS: 300, ...more };
}

function facts(bypasses: readonly BypassFact[] | undefined, config = 'old'): Facts {
  return {
    deployment: { services: [{ name: 'api', switch: { kind: 'haproxy', backend: 'onward-api' } }] },
    frontends: [{ service: 'api', targets: [], ...(bypasses ? { bypasses } : {}) }],
    instances: [{ id: 'api-1', service: 'api', state: 'running', identity: 'sha256:1', config }],
    configs: new Map([['2.0.0', new Map([['api', 'new']])]]),
  } as unknown as Facts;
}

function hops(identity: string, replicas = 1): readonly Hop[] {
  return [{ to: '2.0.0', steps: [{ roll: { service: 'api', identity, replicas } }] }] as unknown as readonly Hop[];
}
const rolls = hops('sha256:2');
const stateOf = (of: Facts, planned = rolls) => buildBypassGates(of, request, planned).map(({ state }) => state);

describe('buildBypassGates()', () => {
  it('is closed by requests that were seen: since HAProxy counts, or on their way', () => {
    expect(stateOf(facts([bypass({ asked: 1, lastS: 290 })]))).toEqual(['closed']);
    expect(stateOf(facts([bypass({ inFlight: 1 })]))).toEqual(['closed']);
    expect(stateOf(facts([bypass(), bypass({ server: 'web2', asked: 2, lastS: 0 })]))).toEqual(['closed']);
  });

  it('is open where nothing was seen, and a note tells of the server that stands there still', () => {
    expect(stateOf(facts([]))).toEqual(['open']);
    expect(bypassFindings(facts([]), rolls)).toEqual([]);
    expect(stateOf(facts([bypass()]))).toEqual(['open']);
    expect(bypassFindings(facts([bypass()]), rolls)).toEqual([
      {
        code: 'plan.idle-backend',
        severity: 'info',
        message:
          'HAProxy knows instances that are going to be stopped past the switch, and asks nobody there: in the 5m 00s since HAProxy was started or reloaded, server web1 of backend shop_api (172.18.0.3:3000, api-1) got nothing. A line of a frontend that still leads there has to lead to onward-api; if none does, remove it.',
      },
    ]);
  });

  it('says which server gets what, and which lines to change', () => {
    const listen = bypass({ backend: 'raw', isListen: true, server: 's1', asked: 1, inFlight: 1, lastS: 3 });
    const [gate] = buildBypassGates(facts([bypass({ asked: 1204, lastS: 0 }), listen]), request, rolls);
    expect(gate).toMatchObject({
      id: 'bypass:api',
      risk: 'bypass:api',
      evidence:
        'in the 5m 00s since HAProxy was started or reloaded, server web1 of backend shop_api (172.18.0.3:3000, api-1) got 1204 requests, the last one just now; server s1 of listen raw (172.18.0.3:3000, api-1) got 1 request, the last one 3.0 s ago, and has 1 now. What is sent there fails once the instance is stopped. Change "use_backend shop_api" and "default_backend shop_api" to onward-api, make "listen raw" a frontend with "default_backend onward-api" in place of its servers, then reload HAProxy. If that may fail: onward accept bypass:api --reason \'...\'',
    });
  });

  it('asks only of instances that the plan stops', () => {
    const asked = [bypass({ asked: 1 })];
    expect(stateOf(facts(asked), [])).toEqual([]);
    expect(stateOf(facts(asked, 'new'), hops('sha256:1'))).toEqual([]);
    expect(stateOf(facts(asked), hops('sha256:1'))).toEqual(['closed']);
    expect(stateOf(facts(asked, 'new'), hops('sha256:1', 0))).toEqual(['closed']);
    expect(stateOf(facts([bypass({ asked: 1, instance: 'api-of-another' })]))).toEqual(['open']);
  });

  it('asks nothing of another switch, and nothing of a run that goes on', () => {
    expect(stateOf(facts(undefined))).toEqual([]);
    expect(buildBypassGates(facts([bypass({ asked: 1 })]), { ...request, isResumed: true }, rolls)).toEqual([]);
  });

  it('can be accepted for the servers that it names, however much they get meanwhile', () => {
    const accept = (seen: readonly BypassFact[], later: readonly BypassFact[]) => {
      const [gate] = buildBypassGates(facts(seen), request, rolls);
      if (!gate) throw new Error('There is no gate');
      const acceptance = { risk: 'bypass:api', content: contentOf(gate), reason: 'may fail', by: 'x', at: '' };
      const after = buildBypassGates(facts(later), request, rolls);
      return applyAcceptances(after, [acceptance] as never, '2026-01-01T00:00:00Z').every(isPassable);
    };
    expect(accept([bypass({ asked: 1 })], [bypass({ asked: 99, lastS: 1 })])).toBe(true);
    expect(accept([bypass({ asked: 1 })], [bypass({ asked: 1, server: 'web2' })])).toBe(false);
  });
});
