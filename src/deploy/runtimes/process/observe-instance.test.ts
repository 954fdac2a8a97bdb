import { describe, expect, it } from 'vitest';
import { specOf } from '../../../../test/support/instances.ts';
import type { InstanceRecord } from './instance-record.ts';
import { type Liveness, observeInstance } from './observe-instance.ts';

const child = { pid: 12, startTicks: '34', boot: 'b', namespace: 'n' };
const up: InstanceRecord = { generation: 1, desired: 'running', hasRun: true, restarts: 2, child };
const gone: InstanceRecord = { ...up, child: undefined };
const stop = { desired: 'stopped' } as const;

describe('observeInstance()', () => {
  it.each<[string, InstanceRecord | undefined, Liveness['child'], Liveness['claim'], string]>([
    ['was never started', undefined, 'dead', 'free', 'created'],
    ['is alive and watched', up, 'alive', 'held', 'running'],
    ['is alive and not watched', up, 'alive', 'free', 'running'],
    ['is alive and shall stop', { ...up, ...stop }, 'alive', 'held', 'running'],
    ['has ended, and its stop is not over', { ...up, ...stop }, 'dead', 'held', 'running'],
    ['has ended, and who stopped it was killed', { ...up, ...stop }, 'dead', 'free', 'lost'],
    ['is stopped', { ...gone, ...stop }, 'dead', 'free', 'stopped'],
    ['is stopped, and its supervisor is about to end', { ...gone, ...stop }, 'dead', 'held', 'stopped'],
    ['has just crashed', up, 'dead', 'held', 'waiting'],
    ['crashed and is watched', gone, 'dead', 'held', 'waiting'],
    ['crashed and is not watched', gone, 'dead', 'free', 'lost'],
    ['ended and is not watched', up, 'dead', 'free', 'lost'],
    ['cannot be seen from here', up, 'unknown', 'free', 'unknown'],
    ['is watched from where it cannot be seen', gone, 'dead', 'unknown', 'unknown'],
  ])('tells an instance that %s', (_title, record, childState, claim, state) => {
    const instance = observeInstance(specOf('/artifact', 'api-1'), record, { child: childState, claim });
    expect(instance.state).toBe(state);
    expect(instance.pid).toBe(childState === 'alive' ? 12 : undefined);
  });

  it('takes a one-shot for running until its end is recorded', () => {
    const spec = specOf('/artifact', 'migrate-1', { kind: 'one-shot' });
    expect(observeInstance(spec, up, { child: 'dead', claim: 'held' }).state).toBe('running');
    expect(observeInstance(spec, up, { child: 'dead', claim: 'free' }).state).toBe('lost');
  });
});
