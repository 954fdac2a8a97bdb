import { describe, expect, it } from 'vitest';
import type { InstanceStatus, Status } from '../../upgrade/index.ts';
import { renderInstances, renderPlaces, renderUpcoming } from './instances.ts';

const instance = (more: Partial<InstanceStatus>): InstanceStatus => ({
  id: 'api-1.2.0-1',
  kind: 'service',
  release: '1.2.0',
  identity: `sha256:${'0123456789abcdef'.repeat(4)}`,
  state: 'running',
  restarts: 0,
  ...more,
});

const service = (...instances: readonly InstanceStatus[]): Pick<Status, 'services'> => ({
  services: [{ service: 'api', running: [], replicas: 1, instances }],
});

describe('the instances in the status', () => {
  it('stand with state, starts, time, identity and place, one below the other', () => {
    const lines = renderInstances(
      service(
        instance({
          place: 'container shop-api-1',
          startedAt: '2026-03-04T05:06:07.000Z',
          restarts: 3,
          note: 'it is paused',
        }),
        instance({ id: 'api-1.1.0-1', state: 'stopped', exit: { code: 1, signal: null, at: '' }, pid: 7 }),
        instance({ id: 'setup', kind: 'one-shot', state: 'stopped', exit: { code: 0, signal: null, at: '' } }),
        instance({ id: 'killed', state: 'stopped', exit: { code: null, signal: 'SIGKILL', at: '' } }),
      ),
    );
    expect(lines).toEqual([
      '  instance     state              restarts  up since              identity      place',
      '  api-1.2.0-1  running            3         2026-03-04 05:06 UTC  0123456789ab  container shop-api-1',
      '    it is paused',
      '  api-1.1.0-1  stopped (exit 1)   0                               0123456789ab  process 7',
      '  setup        done               0                               0123456789ab',
      '  killed       stopped (SIGKILL)  0                               0123456789ab',
    ]);
    expect(renderInstances(service())).toEqual([]);
  });
});

describe('the places in the status', () => {
  it('show what is free there and their clocks, or why they cannot be reached', () => {
    const room = { neededBytes: 0, freeBytes: 3 * 1024 ** 3 };
    const base = { runtime: 'ssh' as const, isReachable: true, evidence: 'systemd 252' };
    const lines = renderPlaces([
      { ...base, place: 'a', disk: room, memory: room, clockSkewMs: -90_000 },
      { ...base, place: 'b', disk: room, clockSkewMs: 12 },
      { ...base, place: 'c', isReachable: false, evidence: 'timed out' },
    ]);
    expect(lines).toEqual([
      '  place  disk free  memory free  clock',
      '  a      3.0 GiB    3.0 GiB      1m 30s behind  systemd 252',
      '  b      3.0 GiB    unknown      as here        systemd 252',
      '  c                                             cannot be reached: timed out',
    ]);
    expect(renderPlaces([])).toEqual([]);
  });
});

describe('what an upgrade would change, in the status', () => {
  it('names the services that roll and those that are carried', () => {
    expect(renderUpcoming({ release: '1.3.0', rolls: ['api', 'web'], carries: ['worker'] })).toEqual([
      '1.3.0 is there: it rolls api, web and carries worker.',
      '-> Run "onward plan" to see all that it does.',
    ]);
    expect(renderUpcoming({ release: '1.3.0', rolls: [], carries: ['worker'] })[0]).toBe(
      '1.3.0 is there: no service has another artifact in it.',
    );
    expect(renderUpcoming(undefined)).toEqual([]);
  });
});
