import { describe, expect, it } from 'vitest';
import type { Digest, MigrationPhase, MigrationRef } from '../model/index.ts';
import { type ComparisonOptions, compareWithLedger } from './compare-with-ledger.ts';
import type { LedgerRow } from './ledger-row.ts';
import { compareMigrationFiles, migrationId } from './migration-file.ts';

/** `1.2.0/expand/3` or `3`, and what stands for its bytes and its meaning: `bytes:meaning`. */
function file(place: string, content = 'x:x'): MigrationRef {
  const [bytes, meaning] = content.split(':');
  const parts = place.split('/');
  const [version, phase] = parts.length === 3 ? parts : ['', 'expand'];
  const sequence = Number(parts.at(-1));
  return {
    database: 'core',
    version: version ?? '',
    phase: phase as MigrationPhase,
    sequence,
    name: 'n',
    path: parts.length === 3 ? `${version}/${phase}/${sequence}_n.sql` : `${sequence}_n.sql`,
    checksum: `sha256:${bytes}` as Digest,
    fingerprint: `sha256:${meaning}` as Digest,
    transactional: true,
  };
}

function row(place: string, content?: string): LedgerRow {
  const ref = file(place, content);
  return { ...ref, id: migrationId(ref), release: ref.version, finishedAt: '2026-01-01' };
}

function compare(files: readonly MigrationRef[], rows: readonly LedgerRow[], options: Partial<ComparisonOptions> = {}) {
  const compared = compareWithLedger(files, rows, { database: 'core', ...options });
  const paths = (refs: readonly { readonly path: string }[]) => refs.map(({ path }) => path.replace('_n.sql', ''));
  return {
    applied: paths(compared.applied),
    pending: paths(compared.pending),
    drift: compared.drift.map(({ kind, row: { path } }) => `${kind} ${path}`),
    late: compared.late.map((late) => `${late.file.path} behind ${late.behind.path}`),
    cosmetic: paths(compared.cosmetic),
    ahead: paths(compared.ahead),
    covered: paths(compared.covered),
  };
}

const NONE = { applied: [], pending: [], drift: [], late: [], cosmetic: [], ahead: [], covered: [] };

describe('compareWithLedger()', () => {
  it('tells applied from pending files, up to the target', () => {
    const files = [file('1.1.0/expand/1'), file('1.0.0/expand/1'), file('2.0.0/expand/1')];
    expect(compare(files, [row('1.0.0/expand/1')], { target: '1.1.0' })).toEqual({
      ...NONE,
      applied: ['1.0.0/expand/1'],
      pending: ['1.1.0/expand/1'],
    });
  });

  it('accepts other bytes with the same meaning, and refuses another meaning', () => {
    const files = [file('1', 'a:m'), file('2', 'b:m'), file('3', 'c:n')];
    const rows = [row('1', 'a:m'), row('2', 'a:m'), row('3', 'a:m')];
    expect(compare(files, rows)).toEqual({ ...NONE, applied: ['1', '2'], cosmetic: ['2'], drift: ['edited 3_n.sql'] });
  });

  it('refuses an applied file that is missing, unless it is of a newer release or another database', () => {
    const rows = [row('1.0.0/expand/1'), row('2.0.0/expand/1'), { ...row('1.0.0/expand/9'), database: 'audit' }];
    expect(compare([], rows, { target: '1.1.0' })).toEqual({
      ...NONE,
      drift: ['missing 1.0.0/expand/1_n.sql'],
      ahead: ['2.0.0/expand/1'],
    });
  });

  it('finds files that sort before an applied one of their own phase', () => {
    const files = [
      file('1.0.0/expand/1'),
      file('1.0.0/contract/1'),
      { ...file('1.0.0/expand/2'), late: true },
      file('1.2.0/expand/1'),
      file('1.1.0/expand/1'),
    ];
    expect(compare(files, [row('1.1.0/expand/1')]).late).toEqual(['1.0.0/expand/1_n.sql behind 1.1.0/expand/1_n.sql']);
  });

  it('does not ask for what the database was born with', () => {
    const files = [file('1.0.0/expand/1'), file('1.1.0/contract/1'), file('1.2.0/expand/1')];
    expect(compare(files, [row('0.9.0/expand/1')], { baseline: '1.1.0' })).toEqual({
      ...NONE,
      covered: ['1.0.0/expand/1', '1.1.0/contract/1'],
      pending: ['1.2.0/expand/1'],
    });
  });

  it('knows a file again whose version folder or name was spelled differently', () => {
    const renamed = { ...file('1.0.0/expand/1'), path: 'v1.0.0/expand/0001_other.sql', name: 'other' };
    expect(compare([renamed], [row('1.0.0/expand/1')])).toMatchObject({ pending: [], drift: [] });
  });
});

describe('compareMigrationFiles()', () => {
  it('orders by version, phase and number, and flat files by number alone', () => {
    const places = ['1.10.0/expand/1', '1.2.0/contract/1', '1.2.0/expand/10', '1.2.0/expand/9', '1.2.0/postdeploy/1'];
    const sorted = places.map((place) => file(place)).sort(compareMigrationFiles);
    expect(sorted.map(({ path }) => path.replace('_n.sql', ''))).toEqual([
      '1.2.0/expand/9',
      '1.2.0/expand/10',
      '1.2.0/postdeploy/1',
      '1.2.0/contract/1',
      '1.10.0/expand/1',
    ]);
    const flat = [
      { ...file('10'), version: '1.0.0' },
      { ...file('9'), version: '2.0.0', phase: 'contract' as const },
    ];
    expect(flat.sort(compareMigrationFiles).map(({ sequence }) => sequence)).toEqual([9, 10]);
  });
});
