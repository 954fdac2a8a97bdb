import { describe, expect, it } from 'vitest';
import { DEFAULT_PACING, describeFinding, type Facts, type ImageFact, type InstanceFact } from '../model/index.ts';
import { RULES } from './index.ts';

const [FIRST, SECOND] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`] as const;
const IMAGE: ImageFact = { release: '1.0.0', services: ['api'], image: 'registry.example/shop/api', pinned: FIRST };

const running: InstanceFact = {
  id: 'api-1',
  service: 'api',
  release: '1.0.0',
  identity: FIRST,
  config: FIRST,
  run: 'r',
  state: 'running',
  restarts: 0,
};

const FACTS: Facts = {
  deployment: {
    name: 'acme',
    file: 'onward.yaml',
    stateDirectory: '/.onward',
    releases: { source: '/releases', channel: 'stable' },
    databases: [],
    control: 'core',
    services: [],
    configuration: [],
    checks: [],
    lockBudgetMs: 50,
    lockWaitMs: 1000,
    leaseTtlMs: 30_000,
    pacing: DEFAULT_PACING,
  },
  toolVersion: '0.1.0',
  catalog: { product: 'shop', rules: { skipMinor: false, skipMajor: false }, releases: [], channels: {} },
  current: { release: '1.0.0', digest: FIRST },
  releases: new Map(),
  configs: new Map(),
  configuration: [],
  instances: [running],
  frontends: [],
  databases: [],
  lease: { kind: 'free' },
  unfinished: undefined,
  remarks: [],
  disk: { neededBytes: 0, freeBytes: 1 },
};

function check(image: Partial<ImageFact>, instances: readonly InstanceFact[] = [running]) {
  const rule = RULES.find(({ id }) => id === 'images');
  return (rule?.check({ ...FACTS, instances, images: [{ ...IMAGE, ...image }] }) ?? []).map((finding) => ({
    code: finding.code,
    severity: finding.severity,
    text: describeFinding(finding),
  }));
}

describe('the images rule', () => {
  it('has nothing to say of a tag that points to what is pinned, or that is gone', () => {
    expect(check({ tag: '1.0.0', pointsTo: FIRST, isThere: true })).toEqual([]);
    expect(check({ tag: '1.0.0', isThere: true })).toEqual([]);
    expect(check({ isThere: true })).toEqual([]);
  });

  it('warns of a tag that moved, and says what runs', () => {
    const moved = { tag: '1.0.0', pointsTo: SECOND, isThere: true };
    const warning = (use: string) => ({
      code: 'doctor.moved-tag',
      severity: 'warning',
      text: `Tag 1.0.0 of registry.example/shop/api points to another image now (bbbbbbbbbbbb): release 1.0.0 is pinned to aaaaaaaaaaaa, and ${use}.`,
    });
    expect(check(moved)).toEqual([warning('that is what runs')]);
    expect(check(moved, [])).toEqual([warning('nothing changes by that')]);
    expect(check(moved, [running, { ...running, identity: SECOND }])).toEqual([warning('nothing changes by that')]);
    expect(check({ ...moved, release: '1.1.0' })).toEqual([
      {
        ...warning(''),
        text: 'Tag 1.0.0 of registry.example/shop/api points to another image now (bbbbbbbbbbbb): release 1.1.0 is pinned to aaaaaaaaaaaa, and that is what an upgrade brings.',
      },
    ]);
  });

  it('warns of an image that nobody could fetch any more', () => {
    expect(check({ tag: '1.0.0', isThere: false })).toEqual([
      {
        code: 'doctor.image-gone',
        severity: 'warning',
        text: 'The registry has no image aaaaaaaaaaaa of registry.example/shop/api any more, which release 1.0.0 is pinned to: a host that does not have it cannot fetch it.',
      },
    ]);
  });

  it('says that nothing is known, which is no error', () => {
    expect(check({ tag: '1.0.0', unknown: 'the registry did not answer within 2 s' })).toEqual([
      {
        code: 'doctor.image-unknown',
        severity: 'info',
        text: 'Whether registry.example/shop/api:1.0.0 is still what release 1.0.0 pins is not known: the registry did not answer within 2 s.',
      },
    ]);
  });
});
