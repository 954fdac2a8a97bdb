import { describe, expect, it } from 'vitest';
import { compareTraffic } from './traffic.ts';

describe('compareTraffic()', () => {
  it('counts what came between two looks, of services that were opened meanwhile everything', () => {
    const before = { api: { carried: 100, failed: 2 } };
    const now = { api: { carried: 150, failed: 3 }, web: { carried: 7, failed: 1 } };
    expect(compareTraffic(before, now)).toEqual({ carried: 57, failed: 2, uncounted: [] });
  });

  it('says of which service it does not know, because its switch began to count anew', () => {
    const before = { api: { carried: 100, failed: 0, since: '7@1' }, web: { carried: 5, failed: 0, since: '7@1' } };
    const now = { api: { carried: 30, failed: 0, since: '8@2' }, web: { carried: 6, failed: 0, since: '7@1' } };
    expect(compareTraffic(before, now)).toEqual({ carried: 31, failed: 0, uncounted: ['api'] });
  });

  it('does not know what a switch has done that is not there any more', () => {
    expect(compareTraffic({ api: { carried: 100, failed: 0 } }, {})).toEqual({
      carried: 0,
      failed: 0,
      uncounted: ['api'],
    });
  });
});
