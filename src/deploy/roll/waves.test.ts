import { describe, expect, it } from 'vitest';
import type { Service } from '../../model/index.ts';
import type { Instance, InstanceSpec } from '../runtimes/runtime.ts';
import type { RollRequest } from './roll.ts';
import { splitWaves } from './waves.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const about = {
  service: 'api',
  release: '1',
  kind: 'service',
  identity: digest('1'),
  config: digest('2'),
  run: 'r',
} as const;
const instance = (id: string, host: string, state: Instance['state'] = 'running'): Instance => ({
  ...{ ...about, id, host, state, restarts: 0 },
});
const spec = (id: string, host: string): InstanceSpec => ({
  ...{ ...about, id, host, artifact: '/a', command: ['x'], environment: {}, graceMs: 1 },
});
const service: Service = {
  ...{ name: 'api', runtime: { kind: 'process' }, replicas: 1, readyTimeoutMs: 1, switch: { kind: 'none' } },
  ...{ drainMs: 1, graceMs: 1, settleMs: 0, environment: {} },
};

async function split(found: readonly Instance[], more: Partial<RollRequest>) {
  const served: number[] = [];
  const request: RollRequest = {
    ...{ service, class: 'start-first', ready: { kind: 'tcp' }, desired: [], settleMs: 0 },
    waves: [['a'], ['b', 'c']],
    onStarted: () => {},
    onServing: () => void served.push(1),
    ...more,
  };
  const waves = await splitWaves({ list: async () => found }, request);
  const told = waves.map((wave) => {
    wave.onServing();
    return served.length;
  });
  return waves.map(({ hosts, desired }, index) => [hosts?.join(), desired.map(({ id }) => id).join(), told[index]]);
}

describe('splitWaves()', () => {
  it('gives each wave what is wanted on its hosts, and tells those who wait only of the last', async () => {
    const desired = ['a', 'b', 'c'].map((host) => ({ id: `new-${host}`, spec: spec(`new-${host}`, host) }));
    expect(await split([instance('old-a', 'a')], { desired })).toEqual([
      ['a', 'new-a', 0],
      ['b,c', 'new-b,new-c', 1],
    ]);
  });

  it('finds what is to come back where it was', async () => {
    const found = [instance('old-b', 'b', 'stopped'), instance('old-a', 'a', 'stopped'), instance('new-a', 'a')];
    expect(await split(found, { desired: [{ id: 'old-a' }, { id: 'old-b' }] })).toEqual([
      ['a', 'old-a', 0],
      ['b,c', 'old-b', 1],
    ]);
  });

  it('fails at the first wave when something that is to come back is nowhere', async () => {
    const found = [instance('old-a', 'a'), instance('api-on-b', 'b', 'unknown')];
    expect(await split(found, { desired: [{ id: 'old-a' }, { id: 'old-b' }] })).toEqual([
      ['a', 'old-a,old-b', 0],
      ['b,c', '', 1],
    ]);
  });

  it('leaves a wave out on whose hosts nothing is wanted and nothing runs', async () => {
    const found = [instance('old-a', 'a'), instance('gone', 'b', 'stopped')];
    expect(await split(found, { desired: [{ id: 'old-a' }] })).toEqual([['a', 'old-a', 1]]);
  });

  it('is one request where there are no hosts', async () => {
    expect(await split([], { waves: [], desired: [{ id: 'x' }] })).toEqual([[undefined, 'x', 1]]);
  });
});
