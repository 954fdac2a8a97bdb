import { describe, expect, it } from 'vitest';
import type { Layout } from '../lint-file.ts';
import { MIGRATION_LAYOUTS } from './list.ts';
import { readLintFiles } from './read-lint-files.ts';
import { DOWN, FIRST, type FilesToWrite, SECOND, system, THIRD, write } from './test-support.ts';

/** The same three migrations; the second must not run in a transaction, and each tool is told so in its own way. */
const SAMPLES: Readonly<Record<Layout, FilesToWrite>> = {
  onward: {
    'core/1.9.0/expand/002_first.sql': FIRST,
    'core/1.9.0/expand/010_second.notx.sql': SECOND,
    'core/1.10.0/expand/001_third.sql': THIRD,
    'core/README.md': 'notes',
  },
  flat: {
    '0001_first.up.sql': FIRST,
    '0002_second.up.sql': `-- onward:transaction none\n${SECOND}`,
    '0010_third.up.sql': THIRD,
    'README.md': 'notes',
  },
  'golang-migrate': {
    '1_first.up.sql': FIRST,
    '1_first.down.sql': DOWN,
    '2_second.up.sql': SECOND,
    '2_second.down.sql': DOWN,
    '10_third.up.sql': THIRD,
    '10_third.down.sql': DOWN,
  },
  flyway: {
    'V1__first.sql': FIRST,
    'V1_2__second.sql': SECOND,
    'V1_2__second.sql.conf': 'executeInTransaction=false\n',
    'R__third.sql': THIRD,
    'U1__first.sql': DOWN,
    'B1__base.sql': DOWN,
  },
  dbmate: {
    '20260101000000_first.sql': `-- migrate:up\n${FIRST}\n\n-- migrate:down\n${DOWN}\n`,
    '20260102000000_second.sql': `-- migrate:up transaction:false\n${SECOND}\n\n-- migrate:down\n${DOWN}\n`,
    '20260103000000_third.sql': `-- migrate:up\n${THIRD}\n`,
  },
  goose: {
    '00001_first.sql': `-- +goose Up\n${FIRST}\n\n-- +goose Down\n${DOWN}\n`,
    '00002_second.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n${SECOND}\n-- +goose Down\n${DOWN}\n`,
    '00003_third.sql': `-- +goose Up\n-- +goose StatementBegin\n${THIRD.replace('\n', '\n-- +goose StatementEnd\n')}\n-- +goose Down\n${DOWN}\n`,
  },
  sqlx: {
    '20260101000000_first.sql': FIRST,
    '20260102000000_second.sql': `-- no-transaction\n${SECOND}`,
    '20260103000000_third.sql': THIRD,
  },
  prisma: {
    '20260101000000_first/migration.sql': FIRST,
    '20260102000000_second/migration.sql': SECOND,
    '20260103000000_third/migration.sql': THIRD,
    'migration_lock.toml': 'provider = "postgresql"\n',
  },
  diesel: {
    '2026-01-01-000000_first/up.sql': FIRST,
    '2026-01-01-000000_first/down.sql': DOWN,
    '2026-01-02-000000_second/up.sql': SECOND,
    '2026-01-02-000000_second/metadata.toml': 'run_in_transaction = false\n',
    '2026-01-03-000000_third/up.sql': THIRD,
  },
  plain: { 'a.sql': FIRST, 'b/second.sql': SECOND, 'c.sql': THIRD, 'c.down.sql': DOWN, '.hidden.sql': DOWN },
};

describe('the list of layouts', () => {
  it('has every layout once', () => {
    expect(MIGRATION_LAYOUTS.map(({ name }) => name).sort()).toEqual(Object.keys(SAMPLES).sort());
  });
});

describe.each(MIGRATION_LAYOUTS.map((layout) => [layout.name, layout] as const))('%s', (name, layout) => {
  it('is recognised, and gives the statements that run, in order, with their places', async () => {
    const root = await write(SAMPLES[name]);
    const { files, findings } = await readLintFiles(system, { paths: [root] });
    expect(findings).toEqual([]);
    expect(files.map((file) => [file.layout, file.isTransactional])).toEqual([
      [name, true],
      [name, false],
      [name, true],
    ]);
    const texts = files.flatMap(({ statements }) => statements.map(({ text }) => text));
    expect(texts).toEqual([FIRST, SECOND, ...THIRD.split('\n')].map((text) => text.slice(0, -1)));
    for (const { path, text, statements } of files) {
      const whole = SAMPLES[name][path.slice(root.length + 1)] ?? '';
      expect(text).toHaveLength(whole.length);
      for (const { text: own, startOffset, line } of statements) {
        expect(whole.slice(startOffset, startOffset + own.length)).toBe(own);
        expect(line).toBe(whole.slice(0, startOffset).split('\n').length);
      }
    }
  });

  it('gives the same for each file by itself as for the folder', async () => {
    const root = await write(SAMPLES[name]);
    const whole = await readLintFiles(system, { paths: [root] });
    const single = await readLintFiles(system, { paths: whole.files.map(({ path }) => path) });
    expect(single.findings).toEqual([]);
    const said = ({ files }: typeof whole) =>
      files.map(({ path, layout: by, order, isTransactional, statements }) => ({
        path,
        by,
        order: by === 'plain' ? '' : order,
        isTransactional,
        count: statements.length,
      }));
    expect(said(single).sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
      said(whole).sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  });

  it('reads files with line ends of Windows', async () => {
    const files = Object.fromEntries(
      Object.entries(SAMPLES[name]).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]),
    );
    const read = await readLintFiles(system, { paths: [await write(files)] });
    expect(read.findings).toEqual([]);
    expect(read.files.map(({ isTransactional, statements }) => [isTransactional, statements.length])).toEqual([
      [true, 1],
      [false, 1],
      [true, 2],
    ]);
  });

  it('names a file like its example', async () => {
    const text = { dbmate: `-- migrate:up\n${FIRST}`, goose: `-- +goose Up\n${FIRST}` }[name as string] ?? FIRST;
    const beside = name === 'golang-migrate' ? { '000001_add_orders.down.sql': DOWN } : {};
    const root = await write({ [layout.example]: text, ...beside });
    const { files, findings } = await readLintFiles(system, { paths: [root] });
    expect(findings).toEqual([]);
    expect(files.map(({ path, layout: by }) => [path, by])).toEqual([[`${root}/${layout.example}`, name]]);
  });
});
