import { describe, expect, it } from 'vitest';
import type { Facts, Hop, PlaceFact, Release, RuntimeFacts, Service } from '../model/index.ts';
import { buildLossGates, buildPlaceGates } from './place-gates.ts';
import { chooseRoll } from './roll-class.ts';

const GIB = 2 ** 30;
const release = { version: '1.1.0', services: [{ name: 'worker', after: [], roll: 'overlap' }] } as unknown as Release;
const builtin = { kind: 'builtin', mode: 'http', listen: { host: '127.0.0.1', port: 1 } } as const;

function service(more: Partial<Service> = {}): Service {
  return { name: 'api', runtime: { kind: 'compose', service: 'api' }, switch: builtin, ...more } as Service;
}

function place(more: Partial<PlaceFact> = {}): PlaceFact {
  const disk = { neededBytes: GIB, freeBytes: 2 * GIB };
  return { runtime: 'compose', place: 'docker', isReachable: true, evidence: 'Docker 20.10', disk, ...more };
}

function facts(services: readonly Service[], more: Partial<RuntimeFacts> = {}): Facts {
  const runtimes = { places: [place()], exclusive: [], findings: [], ...more };
  return { deployment: { services }, releases: new Map([['1.1.0', release]]), runtimes } as unknown as Facts;
}

const request = { requested: 'stable', hops: [{ from: '1.0.0', to: '1.1.0' }], rollback: 'run', command: '' } as const;
const states = (of: Facts) => buildPlaceGates(of, request).map(({ id, state }) => `${id} ${state}`);
const short = { places: [place({ memory: { neededBytes: 3, freeBytes: 2 } })] };
const port = { exclusive: [{ service: 'api', why: 'only one can have port 80 of this machine' }] };

describe('chooseRoll()', () => {
  it('stops first where old and new cannot run at once, and says why', () => {
    expect(chooseRoll(facts([service()]), service(), release)).toEqual({ class: 'start-first' });
    expect(chooseRoll(facts([], port), service(), release)).toEqual({
      class: 'stop-first',
      because: 'only one can have port 80 of this machine',
    });
    const worker = service({ name: 'worker', switch: { kind: 'none' } });
    expect(chooseRoll(facts([], short), worker, release)).toEqual({
      class: 'stop-first',
      because: 'docker has too little memory for old and new instances at once',
    });
  });

  it('keeps to the word of the operator, and to classes that need no two at once', () => {
    expect(chooseRoll(facts([], port), service({ roll: 'start-first' }), release).class).toBe('start-first');
    expect(chooseRoll(facts([], short), service({ roll: 'one-shot' }), release).class).toBe('one-shot');
  });

  it('asks of a host what runs there alone', () => {
    const onHosts = facts([], {
      places: [place({ runtime: 'ssh', place: 'a', memory: { neededBytes: 3, freeBytes: 2 } })],
    });
    const at = (host: string) => service({ runtime: { kind: 'ssh', hosts: [host] } as unknown as Service['runtime'] });
    expect(chooseRoll(onHosts, at('a'), release).class).toBe('stop-first');
    expect(chooseRoll(onHosts, at('b'), release).class).toBe('start-first');
    expect(chooseRoll(onHosts, service(), release).class).toBe('start-first');
  });
});

describe('the gates of places', () => {
  it('are open where all can be reached and there is room; memory closes none', () => {
    expect(states(facts([service()], short))).toEqual(['place:docker open', 'disk:docker open']);
    expect(states(facts([service()]))).toEqual(['place:docker open', 'disk:docker open']);
    expect(buildPlaceGates({ ...facts([]), runtimes: undefined } as unknown as Facts, request)).toEqual([]);
  });

  it('close where one cannot be reached, has no room, or cannot tell', () => {
    expect(states(facts([], { places: [place({ isReachable: false })] }))).toEqual(['place:docker closed']);
    const full = place({ disk: { neededBytes: GIB, freeBytes: GIB } });
    expect(states(facts([], { places: [full] }))).toContain('disk:docker closed');
    const { disk: _disk, ...unseen } = place();
    expect(states(facts([], { places: [unseen] }))).toContain('disk:docker unknown');
  });

  it('close on every error that a runtime has found, and on no warning', () => {
    const error = {
      code: 'compose.no-service',
      severity: 'error',
      message: 'There is no api.',
      hint: 'Name it.',
    } as const;
    const gates = buildPlaceGates(facts([], { findings: [error, { ...error, severity: 'warning' }] }), request);
    expect(gates.filter(({ state }) => state === 'closed')).toEqual([
      expect.objectContaining({ id: 'runtimes', evidence: 'There is no api. Name it.' }),
    ]);
  });

  it('close where the operator wants both at once and that cannot be; where it only should not be, he may accept it', () => {
    const wanted = [service({ roll: 'start-first' })];
    const [gate] = buildPlaceGates(facts(wanted, port), request).filter(({ id }) => id === 'at-once:api');
    expect(gate).toMatchObject({ state: 'closed', evidence: 'only one can have port 80 of this machine' });
    expect(gate).not.toHaveProperty('risk');
    const volume = {
      exclusive: [{ service: 'api', why: 'both would write to the volume data', isPossible: true as const }],
    };
    const [other] = buildPlaceGates(facts(wanted, volume), request).filter(({ id }) => id === 'at-once:api');
    expect(other).toMatchObject({
      state: 'closed',
      risk: 'at-once:api',
      command: "onward accept at-once:api --reason '...'",
    });
    expect(states(facts([service()], port))).not.toContain('at-once:api closed');
  });

  it('close where something is lost once a service rolls, and nowhere else; what was decided of it before a run goes on stays', () => {
    const losing = facts([service()], { losses: [{ service: 'api', why: 'worker loses its network' }] });
    const hop = (service: string) => ({ steps: [{ roll: { service } }] }) as unknown as Hop;
    expect(buildLossGates(losing, request, [hop('worker'), hop('api')])).toEqual([
      expect.objectContaining({
        id: 'loss:api',
        state: 'closed',
        risk: 'loss:api',
        evidence: 'worker loses its network',
      }),
    ]);
    expect(buildLossGates(losing, request, [hop('worker')])).toEqual([]);
    expect(buildLossGates(losing, { ...request, isResumed: true }, [hop('api')])).toEqual([]);
  });
});
