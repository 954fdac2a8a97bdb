import { describe, expect, it } from 'vitest';
import type { Status } from '../../upgrade/index.ts';
import { renderStatus } from './status.ts';

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
      ),
    );
    expect(text.split('\n').slice(0, 5)).toEqual([
      'shop: release 1.2.0',
      '',
      '  api      1 x 1.2.0                           1 request, 0 failed, 0 in flight',
      '  web      1 x not made by Onward, 12 x 1.2.0  6521 requests, 1 failed, 2 in flight, held',
      '  worker   not running',
    ]);
  });
});
