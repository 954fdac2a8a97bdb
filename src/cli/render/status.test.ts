import { describe, expect, it } from 'vitest';
import type { Status } from '../../upgrade/index.ts';
import { isAllSeen, renderStatus } from './status.ts';

const service = (name: string, more: Partial<Status['services'][number]>): Status['services'][number] => ({
  ...{ service: name, running: [], instances: [], replicas: 1 },
  ...more,
});

const status = (...services: Status['services']): Status => ({
  ...{ deployment: 'shop', release: '1.2.0', places: [], upcoming: undefined, run: undefined },
  ...{ lease: { kind: 'free' }, quarantines: [], data: [], problems: [] },
  services,
});

describe('renderStatus()', () => {
  it('counts requests in words that fit their number, one below the other', () => {
    const quiet = { carried: 1, failed: 0, inFlight: 0, isHeld: false };
    const busy = { carried: 6521, failed: 1, inFlight: 2, isHeld: true };
    const mixed = [
      { release: '', instances: 1 },
      { release: '1.2.0', instances: 12 },
    ];
    const text = renderStatus(
      status(
        service('api', { running: [{ release: '1.2.0', instances: 1 }], traffic: quiet }),
        service('web', { running: mixed, traffic: busy }),
        service('worker', {}),
        service('mailer', { running: [{ release: '1.1.0', instances: 2 }], replicas: 3 }),
      ),
    );
    expect(text.split('\n').slice(0, 6)).toEqual([
      'shop: release 1.2.0',
      '',
      '  api      1 x 1.2.0                           1 request, 0 failed, 0 in flight',
      '  web      1 x not made by Onward, 12 x 1.2.0  6521 requests, 1 failed, 2 in flight, held',
      '  worker   not running',
      '  mailer   2 x 1.1.0, 3 wanted',
    ]);
  });

  it('says what cannot be told where a host is away, leads to the doctor, and still says how the run stands', () => {
    const instance = { kind: 'service', release: '1.2.0', identity: `sha256:${'ab'.repeat(32)}`, restarts: 0 } as const;
    const unseen = { id: 'api-on-b', ...instance, identity: `sha256:${'0'.repeat(64)}`, state: 'unknown' } as const;
    const seen = { id: 'api-1', ...instance, state: 'running' } as const;
    const away = { runtime: 'ssh', place: 'b', isReachable: false, evidence: 'Could not log in on b' } as const;
    const run = {
      campaignTarget: '1.2.0',
      run: 'r1',

      from: '1.1.0',
      to: '1.2.0',
      step: 'roll:api',
      outcome: 'unfinished',
    } as const;
    const shown: Status = {
      ...status(
        service('api', { running: [{ release: '1.2.0', instances: 1 }], instances: [seen, unseen] }),
        service('web', { instances: [unseen] }),
      ),
      places: [away],
      run: { ...run, startedAt: '2026-03-04T05:06:07.000Z', direction: 'forward', isAlive: false },
    };
    expect(isAllSeen(shown)).toBe(false);
    expect(renderStatus(shown).split('\n')).toEqual([
      'shop: release 1.2.0',
      '',
      '  api      1 x 1.2.0, 1 cannot be told',
      '  web      cannot be told',
      '',
      '  instance  state    restarts  up since  identity      place',
      '  api-1     running  0                   abababababab',
      '  api-on-b  unknown',
      '  api-on-b  unknown',
      '',
      '  place  disk free  memory free  clock',
      '  b                                     cannot be reached: Could not log in on b',
      '',
      '-> Run "onward doctor" to see what is wrong and how it is repaired.',
      'Run r1 from 1.1.0 to 1.2.0 was cut off at: Roll api.',
      '-> Run "onward upgrade" to go on, or "onward rollback" to go back.',
      '',
    ]);
  });
});
