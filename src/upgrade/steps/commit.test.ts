import { describe, expect, it } from 'vitest';
import { isOfRelease } from './commit.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
type Context = Parameters<typeof isOfRelease>[0];
type Found = Parameters<typeof isOfRelease>[1];

/** A run `new` that rolls api, and carries web. */
const context = {
  journal: { run: 'new' },
  release: { components: [{ service: 'job', identity: digest('1') }] },
  before: {
    rolls: [{ service: 'api' }, { service: 'job' }],
    originals: [
      { service: 'api', instances: ['api-old'] },
      { service: 'web', instances: ['web-old'] },
    ],
  },
} as unknown as Context;
const found = (service: string, id: string, more: Partial<Found> = {}): Found => ({
  ...{ id: `${service}-${id}`, service, run: id, kind: 'service', identity: digest('1'), ...more },
});

describe('isOfRelease()', () => {
  it('keeps what the run has made, and what it carries, also while it is down', () => {
    expect(isOfRelease(context, found('api', 'new'))).toBe(true);
    expect(isOfRelease(context, found('web', 'old'))).toBe(true);
  });

  it('lets go what was kept to go back to, and what was left over before', () => {
    expect(isOfRelease(context, found('api', 'old'))).toBe(false);
    expect(isOfRelease(context, found('web', 'older'))).toBe(false);
  });

  it('keeps a one-shot that ran for this release, and no other', () => {
    expect(isOfRelease(context, found('job', 'old', { kind: 'one-shot' }))).toBe(true);
    expect(isOfRelease(context, found('job', 'old', { kind: 'one-shot', identity: digest('2') }))).toBe(false);
  });
});
