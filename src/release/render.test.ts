import { describe, expect, it } from 'vitest';
import type { Catalog, Release } from '../model/index.ts';
import { listNoteVersions, renderChannels, renderNotes, renderRelease, renderReleaseList } from './index.ts';

const digest = `sha256:${'ab'.repeat(32)}` as const;
const entry = (version: string) => ({ version, digest, publishedAt: '2026-03-04T05:06:07.000Z', stops: [] });
const stop = { id: 'ids', satisfiedBy: '>=1.1.0 <1.2.0', prefer: '1.1.4', reason: 'ids must be bigint' };

const catalog: Catalog = {
  product: 'shop',
  rules: { skipMinor: false, skipMajor: false },
  releases: [
    entry('1.0.0'),
    { ...entry('1.1.0'), withdrawn: { reason: 'loses data' } },
    entry('1.2.0-rc.1'),
    { ...entry('1.2.0'), stops: [stop], upgradeFrom: '>=1.1.0', requiresTool: '>=0.1' },
  ],
  channels: { stable: '1.2.0', lts: '1.2.0', old: '1.1.0' },
};

const release: Release = {
  product: 'shop',
  version: '1.2.0',
  components: [
    { service: 'api', kind: 'folder', identity: digest, bytes: 2048, command: ['node'], producedBy: '1.2.0' },
    { service: 'web', kind: 'folder', identity: digest, bytes: 100, command: ['node'], producedBy: '1.0.0' },
    {
      service: 'worker',
      kind: 'image',
      image: 'registry.example/shop/worker',
      tag: '1.2.0',
      identity: digest,
      bytes: 3 * 2 ** 20,
      platforms: { 'linux/amd64': 3 * 2 ** 20, 'linux/arm64': 2 ** 20 },
      command: [],
      producedBy: '1.2.0',
    },
    {
      service: 'search',
      kind: 'tarball',
      file: 'search-1.2.0.tar.gz',
      identity: digest,
      bytes: 1024,
      content: { identity: digest, bytes: 4096 },
      command: ['./search'],
      producedBy: '1.2.0',
    },
    {
      service: 'edge',
      kind: 'image',
      image: 'docker.io/library/caddy',
      identity: digest,
      bytes: 500,
      command: [],
      producedBy: '1.0.0',
    },
  ],
  services: [],
  databases: [{ name: 'core', services: ['api'], server: '>=14', extensions: [] }],
  migrations: ['1.0.0', '1.2.0'].map((version) => ({
    database: 'core',
    version,
    phase: 'expand' as const,
    sequence: 1,
    name: 'one',
    path: `core/${version}/expand/001_one.sql`,
    checksum: digest,
    fingerprint: digest,
    transactional: true,
  })),
  stops: [stop],
  upgradeFrom: '>=1.1.0',
  rollback: { until: 'roll' },
  notes: { summary: 'Totals.', breaking: ['No v1 API'], deprecated: [], knownIssues: ['Slow on Mondays'] },
};

describe('renderReleaseList()', () => {
  it('lists the newest first, with channels and what to know', () => {
    expect(renderReleaseList(catalog)).toBe(
      [
        'RELEASE     PUBLISHED   CHANNELS     REMARKS',
        '1.2.0       2026-03-04  lts, stable  from >=1.1.0; stop ids: >=1.1.0 <1.2.0; needs Onward >=0.1',
        '1.2.0-rc.1  2026-03-04',
        '1.1.0       2026-03-04  old          withdrawn: loses data',
        '1.0.0       2026-03-04',
        '',
      ].join('\n'),
    );
    expect(renderReleaseList({ ...catalog, releases: [] })).toBe('shop has no releases yet.\n');
  });
});

describe('renderChannels()', () => {
  it('says where each channel points, and when that was withdrawn', () => {
    expect(renderChannels(catalog)).toBe(
      'CHANNEL  RELEASE\nlts      1.2.0\nold      1.1.0    withdrawn\nstable   1.2.0\n',
    );
    expect(renderChannels({ ...catalog, channels: {} })).toBe('shop has no channels yet.\n');
  });
});

describe('renderRelease()', () => {
  it('shows a release in full', () => {
    expect(renderRelease(release, catalog)).toBe(
      [
        'shop 1.2.0, published 2026-03-04, channel lts, stable',
        digest,
        '',
        'Notes',
        '  Totals.',
        '  Breaking:',
        '  - No v1 API',
        '  Known issues:',
        '  - Slow on Mondays',
        '',
        'Services',
        '  api: abababababab, 2.0 KiB, new',
        '  web: abababababab, 100 B, carried from 1.0.0',
        '  worker: registry.example/shop/worker:1.2.0, abababababab, 3.0 MiB (linux/amd64, linux/arm64), new',
        '  search: search-1.2.0.tar.gz, abababababab, 1.0 KiB, new',
        '  edge: docker.io/library/caddy, abababababab, 500 B, carried from 1.0.0',
        '',
        'Migrations (1 new of 2)',
        '  core, expand: core/1.2.0/expand/001_one.sql',
        '',
        'Databases',
        '  core >=14',
        '',
        'Reached from',
        '  >=1.1.0',
        '',
        'Stops',
        '  ids: from >=1.1.0 <1.2.0, best 1.1.4. ids must be bigint',
        '',
        'Artifacts can go back until',
        '  roll',
        '',
      ].join('\n'),
    );
  });
});

describe('renderNotes()', () => {
  it('joins the notes of several releases', () => {
    const silent = { ...release, version: '1.1.0', notes: { breaking: [], deprecated: [], knownIssues: [] } };
    expect(renderNotes([silent, release], { from: '1.0.0', to: '1.2.0' })).toBe(
      'From 1.0.0 to 1.2.0\n\n1.2.0\n  Totals.\n  Breaking:\n  - No v1 API\n  Known issues:\n  - Slow on Mondays\n',
    );
    expect(renderNotes([silent], { from: '1.0.0', to: '1.1.0' })).toBe(
      'From 1.0.0 to 1.1.0\n\nThe vendor left no notes.\n',
    );
  });

  it('concerns all releases between, skipped and withdrawn ones too, prereleases only from or to one', () => {
    expect(listNoteVersions(catalog, { from: '1.0.0', to: '1.2.0' })).toEqual(['1.1.0', '1.2.0']);
    expect(listNoteVersions(catalog, { from: '1.0.0', to: '1.2.0-rc.1' })).toEqual(['1.1.0', '1.2.0-rc.1']);
  });
});
