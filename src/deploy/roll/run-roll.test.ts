import { describe, expect, it } from 'vitest';
import type { RollClass, Service } from '../../model/index.ts';
import { createSystem } from '../../system/index.ts';
import type { Instance, InstanceSpec, InstanceState, Runtime } from '../runtimes/runtime.ts';
import type { Switch } from '../switches/switch.ts';
import type { RollContext, RollRequest } from './roll.ts';
import { prepareRoll, runRoll } from './run-roll.ts';

const digest = `sha256:${'1'.repeat(64)}` as const;
const service: Service = {
  ...{ name: 'worker', runtime: { kind: 'process' }, replicas: 1, readyTimeoutMs: 5_000, switch: { kind: 'none' } },
  ...{ drainMs: 1, graceMs: 1, settleMs: 0, environment: {} },
};
const never = () => Promise.reject(new Error('Nobody asks for this'));
const noSwitch: Switch = { check: never, observe: never, open: never, change: never, close: never };

/** Instances by id that do what they are told, and what they were told. */
function createInstances(states: { [id: string]: InstanceState }) {
  const told: string[] = [];
  const change = (word: string, state: InstanceState) => async (id: string) => {
    told.push(`${word} ${id}`);
    states[id] = state;
  };
  const list = async (): Promise<readonly Instance[]> =>
    Object.entries(states).map(([id, state]) => ({
      ...{ id, state, service: 'worker', release: '1', kind: 'service', identity: digest, config: digest, run: 'r' },
      ...{ restarts: 0, startedAt: '2026-01-01T00:00:00.000Z' },
    }));
  const runtime: Runtime = {
    ...{ list, start: change('start', 'running'), stop: change('stop', 'stopped'), tail: async () => [] },
    ...{ locate: () => '', stage: never, observe: never, describeService: never, create: never, remove: never },
    ...{ runCommand: never, endCommands: never, endAbandonedCommands: never },
  };
  return { runtime, told };
}

const contextOf = (runtime: Runtime): RollContext => ({
  ...{ system: createSystem({ environment: {}, onEvent: () => {} }), runtime, switch: noSwitch },
  perform: (_key, _data, effect) => effect(1),
  onWaiting: () => {},
  signal: new AbortController().signal,
});
const requestOf = (roll: RollClass, desired: RollRequest['desired']): RollRequest => ({
  ...{ service, class: roll, ready: { kind: 'up', forMs: 0 }, settleMs: 0, desired },
  ...{ onStarted: () => {}, onServing: () => {} },
});

async function roll(roll: RollClass, states: { [id: string]: InstanceState }, desired: readonly string[]) {
  const { runtime, told } = createInstances(states);
  const wanted = desired.map((id) => ({ id }));
  await runRoll(contextOf(runtime), requestOf(roll, wanted));
  return told;
}

describe('prepareRoll()', () => {
  const spec = (id: string): InstanceSpec => ({
    ...{ id, service: 'worker', release: '1', kind: 'service', identity: digest, config: digest, run: 'r' },
    ...{ artifact: '/a', command: ['x'], environment: {}, graceMs: 1 },
  });
  async function prepare(more: Partial<Runtime>, waves: Pick<RollRequest, 'waves'> = {}) {
    const { runtime, told } = createInstances({ old: 'running', one: 'created' });
    const create: Runtime['create'] = async ({ id }) => void told.push(`create ${id}`);
    const desired = ['one', 'two'].map((id) => ({ id, spec: spec(id) }));
    await prepareRoll(contextOf({ ...runtime, create, ...more }), { ...requestOf('stop-first', desired), ...waves });
    return told;
  }

  it('creates what is not there where that takes long, and neither starts nor stops anything', async () => {
    expect(await prepare({ isSlowToCreate: true })).toEqual(['create two']);
  });

  it('leaves everything for its turn where that is quick, and where hosts have turns of their own', async () => {
    expect(await prepare({})).toEqual([]);
    expect(await prepare({ isSlowToCreate: true }, { waves: [['a'], ['b']] })).toEqual([]);
  });
});

describe('runRoll()', () => {
  it.each(['overlap', 'stop-first'] as const)(
    'tells an old instance to stop that is down without having been told, when it rolls %s',
    async (kind) => {
      const told = await roll(kind, { new: 'created', old: 'lost', older: 'stopped' }, ['new']);
      expect([...told].sort()).toEqual(['start new', 'stop old']);
      if (kind === 'stop-first') expect(told).toEqual(['stop old', 'start new']);
    },
  );

  it('tells it so on the way back too, and when a service is taken down', async () => {
    expect(await roll('overlap', { new: 'lost', old: 'running' }, ['old'])).toEqual(['stop new']);
    expect(await roll('overlap', { old: 'lost' }, [])).toEqual(['stop old']);
  });
});
