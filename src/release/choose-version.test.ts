import { describe, expect, it } from 'vitest';
import type { Catalog } from '../model/index.ts';
import { chooseVersion, type VersionRequest } from './index.ts';

const catalog: Catalog = {
  product: 'shop',
  rules: { skipMinor: false, skipMajor: false },
  releases: ['1.0.0', '1.1.0', '1.2.0', '1.3.0-rc.1'].map((version) => ({
    version,
    digest: `sha256:${'0'.repeat(64)}`,
    publishedAt: '2026-01-01T00:00:00.000Z',
    stops: [],
    ...(version === '1.1.0' ? { withdrawn: { reason: 'loses data' } } : {}),
  })),
  channels: { stable: '1.2.0', rc: '1.3.0-rc.1', old: '1.1.0' },
};

const choose = (request: Partial<VersionRequest>) => chooseVersion(catalog, { channel: 'stable', ...request });
const codeOf = (request: Partial<VersionRequest>) => {
  try {
    return choose(request).version;
  } catch (error) {
    return error as { readonly code: string; readonly message: string; readonly hint: string };
  }
};

describe('chooseVersion()', () => {
  it('follows the channel of the deployment when nothing is asked for', () => {
    expect(choose({})).toEqual({ version: '1.2.0', requested: 'stable' });
    expect(choose({ channel: 'rc' })).toEqual({ version: '1.3.0-rc.1', requested: 'rc' });
  });

  it('takes a channel or a version, with or without a v', () => {
    expect(choose({ requested: 'rc' })).toEqual({ version: '1.3.0-rc.1', requested: 'rc' });
    expect(choose({ requested: '1.0.0' })).toEqual({ version: '1.0.0', requested: '1.0.0' });
    expect(choose({ requested: 'v1.2.0' })).toEqual({ version: '1.2.0', requested: 'v1.2.0' });
  });

  it('waits for a channel that is behind what runs, but goes down when a version says so, for the plan to refuse', () => {
    expect(choose({ requested: 'stable', current: '1.3.0-rc.1' }).version).toBe('1.3.0-rc.1');
    expect(choose({ current: '1.4.0' }).version).toBe('1.4.0');
    expect(choose({ requested: '1.0.0', current: '1.2.0' }).version).toBe('1.0.0');
  });

  it('refuses what was withdrawn, unless it is what runs', () => {
    for (const requested of ['1.1.0', 'old']) {
      expect(codeOf({ requested, current: '1.0.0' })).toMatchObject({
        code: 'release.withdrawn',
        message: expect.stringContaining('loses data'),
        hint: expect.stringContaining('such as 1.2.0'),
      });
    }
    expect(choose({ requested: '1.1.0', current: '1.1.0' }).version).toBe('1.1.0');
    expect(choose({ requested: 'old', current: '1.2.0' }).version).toBe('1.2.0');
  });

  it('lists what there is, with the nearest name, when nothing is called that', () => {
    expect(codeOf({ requested: 'stabel' })).toMatchObject({
      code: 'release.unknown',
      message:
        'Could not find release stabel: the release source has 1.0.0, 1.1.0, 1.2.0, 1.3.0-rc.1, and channels old (1.1.0), rc (1.3.0-rc.1), stable (1.2.0).',
      hint: 'Did you mean stable? Run the command again with it.',
    });
    expect(codeOf({ requested: '1.2.1' })).toMatchObject({ hint: expect.stringContaining('1.2.0') });
    expect(codeOf({ requested: 'constructor' })).toMatchObject({ code: 'release.unknown' });
  });

  it('says which command makes the channel of a deployment when there is none', () => {
    expect(codeOf({ channel: 'lts' })).toMatchObject({
      code: 'release.unknown-channel',
      hint: expect.stringContaining('onward channel set lts <version>'),
    });
  });
});
