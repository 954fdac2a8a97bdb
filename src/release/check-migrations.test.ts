import { describe, expect, it } from 'vitest';
import { migrationOf } from '../../test/support/vendor.ts';
import type { MigrationRef, Release } from '../model/index.ts';
import { checkMigrations, type MigrationCheck } from './check-migrations.ts';
import { digestOfText } from './document.ts';
import type { MigrationFile } from './source.ts';

const product = { databases: [{ name: 'core', services: [], extensions: [] }] };

function shippedBy(version: string, migrations: readonly MigrationRef[]): Release {
  return {
    product: 'shop',
    version,
    components: [],
    services: [],
    databases: [],
    migrations,
    stops: [],
    rollback: { until: 'roll' },
    notes: { breaking: [], deprecated: [], knownIssues: [] },
  };
}

function check(version: string, files: readonly MigrationFile[], rest: Partial<MigrationCheck> = {}) {
  return checkMigrations({ version, product, history: [], details: { lateMigrations: [] }, files, ...rest });
}

function codes(version: string, files: readonly MigrationFile[], rest: Partial<MigrationCheck> = {}) {
  return check(version, files, rest).findings.map((finding) => `${finding.severity} ${finding.code}`);
}

/** A file of the flat layout, which has no version of its own. */
function flat(place: string, rest: Partial<MigrationFile> = {}): MigrationFile {
  return { ...migrationOf(`x/expand/${place}`), version: '', path: `${place}.up.sql`, ...rest };
}

const one = migrationOf('1.0.0/expand/001_one', 'create table one();\n');
const two = migrationOf('1.1.0/expand/001_two');
const history = [shippedBy('1.0.0', [one])];

describe('checkMigrations()', () => {
  it('accepts new files behind the shipped ones, and lists all', () => {
    const { refs, findings } = check('1.1.0', [one, two], { history });
    expect(findings).toEqual([]);
    expect(refs.map((ref) => [ref.path, ref.version])).toEqual([
      ['1.0.0/expand/001_one.sql', '1.0.0'],
      ['1.1.0/expand/001_two.sql', '1.1.0'],
    ]);
    expect(refs[0]).not.toHaveProperty('text');
  });

  it('reports a cosmetic edit of a shipped file, and lists the new text', () => {
    const edited = migrationOf('1.0.0/expand/001_one', '-- why\ncreate table one();\n');
    expect(codes('1.1.0', [edited], { history })).toEqual(['info release.cosmetic-edit']);
    expect(check('1.1.0', [edited], { history }).refs[0]?.checksum).toBe(edited.checksum);
  });

  it('refuses an edit of a shipped file that changes its meaning or its phase', () => {
    const edited = migrationOf('1.0.0/expand/001_one', 'create table other();\n');
    expect(codes('1.1.0', [edited], { history })).toEqual(['error release.edited-migration']);
    expect(codes('1.1.0', [{ ...one, phase: 'contract' }], { history })).toEqual(['error release.edited-migration']);
  });

  it('refuses that a shipped file vanishes, also one of a fix for an older line', () => {
    const fix = migrationOf('1.0.1/expand/001_fix');
    const fixed = [...history, shippedBy('1.0.1', [one, fix])];
    expect(codes('1.2.0', [two], { history })).toEqual(['error release.vanished-migration']);
    expect(codes('1.2.0', [one], { history: fixed })).toEqual(['error release.vanished-migration']);
  });

  it('refuses a new file in a folder that has shipped, or before a shipped one, unless it is declared late', () => {
    const added = migrationOf('1.0.0/postdeploy/001_added');
    expect(codes('1.1.0', [one, added], { history })).toEqual(['error release.late-migration']);
    const rc = [shippedBy('1.1.0-rc.1', [one, migrationOf('1.1.0/expand/005_five')])];
    const files = [one, migrationOf('1.1.0/expand/005_five'), two];
    expect(codes('1.1.0', files, { history: rc })).toEqual(['error release.late-migration']);
    const declared = check('1.1.0', files, { history: rc, details: { lateMigrations: [two.path] } });
    expect(declared.findings).toEqual([]);
    expect(declared.refs.map((ref) => ref.late)).toEqual([undefined, undefined, true]);
  });

  it('keeps a shipped file late without declaring it again', () => {
    const late = [shippedBy('1.1.0', [one, { ...two, late: true }])];
    expect(check('1.2.0', [one, two], { history: late }).refs[1]?.late).toBe(true);
  });

  it('refuses a late declaration of a file that is not there', () => {
    expect(codes('1.1.0', [one], { history, details: { lateMigrations: ['none.sql'] } })).toEqual([
      'error release.unknown-late',
    ]);
  });

  it('refuses a folder of a newer release, but lets a prerelease carry those of its version', () => {
    expect(codes('1.0.5', [one, two], { history })).toEqual(['error release.newer-migration']);
    expect(codes('1.1.0-rc.1', [one, two], { history })).toEqual([]);
    const rc = [shippedBy('1.1.0-rc.1', [one, two])];
    expect(codes('1.1.0-rc.2', [one, two, migrationOf('1.1.0/expand/002_more')], { history: rc })).toEqual([]);
  });

  it('gives a file of the flat layout the release that first lists it', () => {
    const [first, second] = [flat('0001_one'), flat('0002_two')];
    const before = [shippedBy('1.0.0', [{ ...first, version: '1.0.0' }])];
    expect(check('1.1.0', [first, second], { history: before }).refs.map((ref) => ref.version)).toEqual([
      '1.0.0',
      '1.1.0',
    ]);
  });

  it('compares the flat layout by number, whatever the release', () => {
    const before = [shippedBy('1.0.0', [{ ...flat('0005_five'), version: '1.0.0' }])];
    expect(codes('1.1.0', [flat('0003_three'), flat('0005_five')], { history: before })).toEqual([
      'error release.late-migration',
    ]);
    expect(codes('1.1.0', [flat('0003_three', { phase: 'contract' }), flat('0005_five')], { history: before })).toEqual(
      [],
    );
  });

  it('refuses a database that the product does not have, and bytes that are no text', () => {
    expect(codes('1.0.0', [{ ...one, database: 'other' }])).toEqual(['error release.unknown-database']);
    expect(codes('1.0.0', [{ ...one, checksum: digestOfText('\xff') }])).toEqual(['error release.not-text']);
    expect(codes('1.0.0', [{ ...one, checksum: digestOfText(`\uFEFF${one.text}`) }])).toEqual([]);
  });

  it('warns when the next release was published without a new file of a fix', () => {
    const successor = shippedBy('1.1.0', [one]);
    const fix = migrationOf('1.0.1/expand/001_fix');
    expect(codes('1.0.1', [one, fix], { history, successor })).toEqual(['warning release.not-in-newer']);
    expect(codes('1.0.1', [one], { history, successor })).toEqual([]);
  });
});
