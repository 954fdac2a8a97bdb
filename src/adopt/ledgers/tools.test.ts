import { describe, expect, it } from 'vitest';
import type { MigrationFile } from '../../migrate/index.ts';
import { flyway } from './flyway.ts';
import { golangMigrate } from './golang-migrate.ts';
import { goose } from './goose.ts';
import type { LedgerLine, LedgerTool } from './ledger-tool.ts';
import { matchFiles } from './match-files.ts';
import { prisma } from './prisma.ts';
import { splitSections } from './sections.ts';

function fileOf(path: string, text: string): MigrationFile {
  const [, number = '0', name = ''] = /(\d+)_(.*?)(?:\.up)?\.sql$/.exec(path) ?? [];
  const base = { database: 'core', version: '', phase: 'expand', sequence: Number(number), name, path } as const;
  return { ...base, text, checksum: 'sha256:', fingerprint: 'sha256:', transactional: true };
}

/** What a tool's rows mean for files: `file <- label (by)`, then the codes of the findings. */
function match(tool: LedgerTool, lines: readonly LedgerLine[], files: Readonly<Record<string, string>>) {
  const adoptable = Object.entries(files).map(([path, text]) => ({
    file: fileOf(path, text),
    content: { text, sha256: '' },
  }));
  const { taken, pending, claimed, findings } = matchFiles(tool, tool.read(lines), adoptable);
  return {
    taken: taken.map(({ file, entry, by }) => `${file.path} <- ${entry.label} (${by})`),
    pending: pending.map(({ path }) => path),
    claimed: claimed.map(({ path }) => path),
    findings: findings.map(({ code }) => code),
  };
}

const sum = (text: string) => flyway.checksumsOf?.({ text, sha256: '' })[0] ?? '';

function row(rank: number, version: string | null, text: string, given: LedgerLine = {}): LedgerLine {
  const script = version === null ? 'R__views.sql' : `V${version}__step_${version}.sql`;
  return {
    ...{
      installed_rank: rank,
      version,
      description: version === null ? 'views' : `step ${version}`,
      type: 'SQL',
      script,
    },
    ...{
      checksum: Number(sum(text)),
      installed_on: '2026-03-01T10:00:00+00:00',
      execution_time: 5,
      success: true,
      ...given,
    },
  };
}

describe("Flyway's checksum", () => {
  it.each([
    // As Flyway 6.0.0 says it for this file.
    ['alter table location_history add column valid_until timestamp with time zone;\n', -1_039_259_818],
    // As another implementation of CRC-32 gives them.
    ['line one\nline two\n', -1_539_937_341],
    ['', 0],
  ])('of %j is that of its lines, whatever ends them', (text, expected) => {
    expect(sum(text)).toBe(String(expected));
    expect(sum(text.replaceAll('\n', '\r\n'))).toBe(String(expected));
    expect(sum(text.trimEnd())).toBe(String(expected));
  });
});

it('takes the checksums of versions that counted the ends of lines', () => {
  const text = 'alter table location_history add column valid_until timestamp with time zone;\n';
  expect(flyway.checksumsOf?.({ text, sha256: '' })).toContain('-1340212107');
});

describe('the ledger of Flyway', () => {
  it('is matched by checksums, whatever numbers and names the files have now', () => {
    expect(
      match(flyway, [row(1, '1', 'a'), row(2, '1.1', 'b'), row(3, '2', 'c')], {
        '0001_x.sql': 'a',
        '0002_y.sql': 'b',
        '0003_z.sql': 'c',
        '0004_new.sql': 'd',
      }),
    ).toEqual({
      taken: [
        '0001_x.sql <- V1__step_1.sql (checksum)',
        '0002_y.sql <- V1.1__step_1.1.sql (checksum)',
        '0003_z.sql <- V2__step_2.sql (checksum)',
      ],
      pending: ['0004_new.sql'],
      claimed: [],
      findings: [],
    });
  });

  it('names the edited file by what it is called, not by a number that means another one now', () => {
    const found = match(flyway, [row(1, '1', 'a'), row(2, '1.1', 'b')], {
      '0001_step_1.sql': 'a',
      '0002_step_1.1.sql': 'edited',
    });
    expect(found).toMatchObject({
      taken: [expect.anything(), '0002_step_1.1.sql <- V1.1__step_1.1.sql (name)'],
      findings: ['adopt.edited'],
    });
  });

  it('does not choose between two files of the same content', () => {
    const found = match(flyway, [row(1, '7', 'a')], { '0001_x.sql': 'a', '0002_y.sql': 'a' });
    expect(found).toMatchObject({ taken: [], findings: ['adopt.no-file'] });
  });

  it('counts the last run of a repeatable script', () => {
    const lines = [row(1, null, 'old'), row(2, '1', 'a'), row(3, null, 'new')];
    expect(match(flyway, lines, { '0001_step_1.sql': 'a', '0002_views.sql': 'new' })).toMatchObject({
      taken: ['0001_step_1.sql <- V1__step_1.sql (checksum)', '0002_views.sql <- R__views.sql (checksum)'],
      findings: [],
    });
    expect(match(flyway, lines, { '0001_step_1.sql': 'a', '0002_views.sql': 'old' }).findings).toEqual([
      'adopt.edited',
    ]);
  });

  it('does not count what was undone or deleted, and counts it again when it was applied again', () => {
    const undone = [
      row(1, '1', 'a'),
      row(2, '2', 'b'),
      row(3, '2', 'u', { type: 'UNDO_SQL' }),
      row(4, '1', 'a', { type: 'DELETE' }),
    ];
    expect(match(flyway, undone, { '0001_step_1.sql': 'a', '0002_step_2.sql': 'b' }).pending).toHaveLength(2);
    expect(
      match(flyway, [...undone, row(5, '1', 'a')], { '0001_step_1.sql': 'a', '0002_step_2.sql': 'b' }).pending,
    ).toEqual(['0002_step_2.sql']);
  });

  it('is refused while a row says that it failed', () => {
    expect(match(flyway, [row(1, '1', 'a', { success: false })], { '0001_step_1.sql': 'a' }).findings).toEqual([
      'adopt.failed',
    ]);
  });

  it('claims the files that its baseline row covers, and asks where that cannot be told', () => {
    const baseline = (version: string) => [row(1, version, '', { type: 'BASELINE', checksum: null }), row(2, '3', 'c')];
    const files = { '0001_a.sql': 'a', '0002_b.sql': 'b', '0003_c.sql': 'c', '0004_d.sql': 'd' };
    expect(match(flyway, baseline('2'), files)).toMatchObject({
      claimed: ['0001_a.sql', '0002_b.sql'],
      pending: ['0004_d.sql'],
      findings: [],
    });
    const [born, ...rest] = baseline('2');
    expect(match(flyway, [{ ...born, type: 'INIT' }, ...rest], files).claimed).toEqual(['0001_a.sql', '0002_b.sql']);
    const unclear = match(flyway, baseline('1.2'), files);
    expect(unclear.findings).toEqual(
      Array(3).fill('adopt.unusable-baseline').concat(Array(2).fill('adopt.out-of-order')),
    );
  });
});

describe('the ledger of goose', () => {
  it('lets the last row of a version decide', () => {
    const at = (version_id: number, is_applied: boolean) => ({ version_id, is_applied, tstamp: null });
    const lines = [at(0, true), at(1, true), at(2, true), at(2, false), at(3, true), at(3, false), at(3, true)];
    expect(match(goose, lines, { '00001_a.sql': 'a', '00002_b.sql': 'b', '00003_c.sql': 'c' })).toEqual({
      taken: ['00001_a.sql <- 1 (name)', '00003_c.sql <- 3 (name)'],
      pending: ['00002_b.sql'],
      claimed: [],
      findings: ['adopt.out-of-order'],
    });
  });
});

describe('the ledger of golang-migrate', () => {
  const files = { '000001_a.up.sql': 'a', '000002_b.up.sql': 'b' };

  it('is refused while it is dirty, and when its version has no file', () => {
    expect(match(golangMigrate, [{ version: 2, dirty: true }], files).findings).toEqual(['adopt.dirty']);
    expect(match(golangMigrate, [{ version: 3, dirty: false }], files).findings).toEqual(['adopt.no-file']);
  });

  it('says that nothing was applied when it is empty', () => {
    expect(match(golangMigrate, [], files)).toMatchObject({ taken: [], pending: Object.keys(files), findings: [] });
  });
});

describe('the ledger of Prisma', () => {
  const line = (name: string, given: LedgerLine) => ({
    migration_name: name,
    checksum: '',
    started_at: '2026-03-01T10:00:00Z',
    finished_at: null,
    rolled_back_at: null,
    applied_steps_count: 1,
    ...given,
  });

  it('is refused while a migration is begun and neither finished nor rolled back', () => {
    expect(match(prisma, [line('1_a', {})], { '1_a.sql': 'a' }).findings).toEqual(['adopt.failed']);
    expect(match(prisma, [line('1_a', { rolled_back_at: '2026-03-01T11:00:00Z' })], { '1_a.sql': 'a' })).toMatchObject({
      pending: ['1_a.sql'],
      findings: [],
    });
  });

  it('takes a script for the same with other line ends, as Prisma does', () => {
    const [, , windows = ''] = prisma.checksumsOf?.({ text: 'select 1;\n', sha256: '' }) ?? [];
    const lines = [line('1_a', { finished_at: '2026-03-01T10:00:01Z', checksum: windows })];
    expect(match(prisma, lines, { '1_a.sql': 'select 1;\n' }).taken).toEqual(['1_a.sql <- 1_a (checksum)']);
  });
});

describe('splitSections()', () => {
  const marks = goose.marks ?? { up: /$^/, down: /$^/ };

  it('keeps what runs forward, and what takes it back apart', () => {
    const text = '-- a comment\n-- +goose Up\nselect 1;\n-- +goose Down\ndrop table a;\n';
    expect(splitSections(text, marks)).toEqual({ forward: '-- a comment\nselect 1;\n', down: 'drop table a;\n' });
  });

  it('ends a statement of goose that ends without a semicolon', () => {
    const block = (sql: string) => `-- +goose StatementBegin\n${sql}\n-- +goose StatementEnd\n`;
    expect(splitSections(`-- +goose Up\n${block('select 1')}${block('select 2;')}`, marks).forward).toBe(
      `${block('select 1\n;')}${block('select 2;')}`,
    );
  });

  it('takes a way back that holds nothing but comments for none', () => {
    expect(splitSections('-- +goose Up\nselect 1;\n-- +goose Down\n-- nothing\n', marks).down).toBe('');
  });
});
