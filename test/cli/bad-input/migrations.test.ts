import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../../support/deployment.ts';
import { lines, runRefused } from '../../support/refusal.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let vendor = '';
let migrations = '';

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'migrations');
  vendor = join(tiny.folder, 'vendor');
  migrations = join(vendor, 'migrations');
  await tiny.publish('1.0.0');
  await tiny.publish('1.1.0', { migrations: { 'expand/001_add.sql': 'alter table item add column note text;\n' } });
  const applied = await tiny.onward([
    ...['migrate', '--url', tiny.databaseUrl],
    ...['--migrations', migrations, '--to', '1.1.0'],
  ]);
  expect(applied.exit, applied.stderr).toBe(0);
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const build = () =>
  runRefused(tiny, [
    ...['release', 'build', '1.2.0', '--product', join(vendor, 'product.yaml')],
    ...['--to', join(tiny.folder, 'releases')],
  ]);
const migrate = (...args: readonly string[]) =>
  runRefused(tiny, ['migrate', '--url', tiny.databaseUrl, '--migrations', migrations, ...args]);

/** Text, or where a symbolic link leads. */
type Files = { readonly [path: string]: string | { readonly link: string } };

/** Each problem is a line, or a line and a remedy, and the place in the file where the parser stopped. */
type Problem = readonly [line: string, remedy?: string, ...frame: string[]];

const UNUSABLE: readonly (readonly [string, Files, readonly Problem[]])[] = [
  [
    'a command of psql',
    { '1.2.0/expand/001_psql.sql': 'select 1;\n\\connect other\n' },
    [
      [
        '1.2.0/expand/001_psql.sql:2:1: \\connect is a command of psql, not SQL',
        '',
        '  1 | select 1;',
        '> 2 | \\connect other',
        '    | ^',
        '  3 |',
      ],
    ],
  ],
  [
    'a name that is not safe',
    { '1.2.0/expand/002_drop;x.sql': 'select 1;\n' },
    [
      [
        '1.2.0/expand/002_drop;x.sql: the path holds characters other than letters, digits, "_", "." and "-"',
        'Rename the file or its folder.',
      ],
    ],
  ],
  [
    'symbolic links that lead out of the folder',
    { '1.2.0/expand/003_link.sql': { link: '/etc/passwd' }, '1.2.0/expand/up': { link: '../../../..' } },
    [
      [
        '1.2.0/expand/003_link.sql: a symbolic link is not read as a migration',
        'Put the file itself there, or remove the link.',
      ],
      ['1.2.0/expand/up: a symbolic link is not read as a migration', 'Put the file itself there, or remove the link.'],
    ],
  ],
  [
    'SQL that does not parse',
    { '1.2.0/expand/004_syntax.sql': 'alter table item\n  add colum total numeric;\n' },
    [
      [
        '1.2.0/expand/004_syntax.sql:2:19: syntax error at or near "numeric"',
        '',
        '  1 | alter table item',
        '> 2 |   add colum total numeric;',
        '    |                   ^',
        '  3 |',
      ],
    ],
  ],
  [
    'a number that is taken',
    { '1.2.0/expand/005_a.sql': 'select 1;\n', '1.2.0/expand/005_b.sql': 'select 2;\n' },
    [
      [
        '1.2.0/expand/005_b.sql: the number 5 is taken by core/1.2.0/expand/005_a.sql',
        'Give one of them the next free number.',
      ],
    ],
  ],
  [
    'a phase that there is not',
    { '1.2.0/exapnd/001_a.sql': 'select 1;\n', '1.2.0/expand/006_tag.sql': '-- onward:phase sometime\nselect 1;\n' },
    [
      ['1.2.0/exapnd/001_a.sql: "exapnd" is not a phase', 'Use expand, postdeploy or contract.'],
      [
        '1.2.0/expand/006_tag.sql:1: "-- onward:phase sometime" is not a tag that Onward knows',
        'Write it once and exactly as "-- onward:phase expand", postdeploy or contract, or "-- onward:transaction none".',
      ],
    ],
  ],
];

describe.each(UNUSABLE)('%s', (_, files, problems) => {
  it('is refused by onward release build and by onward migrate, and nothing is built or applied', async () => {
    await withFiles(files, async () => {
      expect(await build()).toEqual({
        exit: 1,
        stdout: '',
        stderr: lines(
          ...problems.flatMap(([problem, remedy = '', ...frame]) => [
            `error: core/${problem}`,
            ...frame.map((line) => `    ${line}`),
            ...(remedy === '' ? [] : [`    ${remedy}`]),
          ]),
          'Release 1.2.0 was not built. Nothing has changed.',
          '-> Mend the files, then run "onward release build 1.2.0" again.',
        ),
      });
      const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
      expect(await migrate()).toEqual({
        exit: 2,
        stdout: '',
        stderr: lines(
          'error migrate.unusable-files',
          `Could not apply the migrations in <folder>/vendor/migrations: they have ${count}, and none was applied. Nothing has changed.`,
          '',
          ...problems.flatMap(([problem, remedy = '', ...frame]) => [
            `  core/${problem}`,
            ...frame.map((line) => `      ${line}`),
            ...(remedy === '' ? [] : [`      ${remedy}`]),
          ]),
          '',
          '-> Mend the files, then run the same command again.',
        ),
      });
    });
  });
});

describe('a file that was shipped and is edited', () => {
  it('is refused by onward release build, and by onward migrate where it is applied', async () => {
    const file = join(migrations, 'core/1.1.0/expand/001_add.sql');
    const shipped = await readFile(file);
    await appendFile(file, 'alter table item add column other text;\n');
    expect(await build()).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error release.not-buildable',
        'Could not build release 1.2.0: there is a reason against it. Nothing has changed.',
        '',
        '  core/1.1.0/expand/001_add.sql: 1.1.0 shipped it, and now it has other SQL; databases that applied it would differ from new ones',
        '      Restore the file as it was shipped, and make the change in a new migration.',
        '',
        '-> Mend what is listed, then run `onward release build 1.2.0` again.',
      ),
    });
    expect(await migrate()).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error migrate.drift',
        'Could not apply migrations to database core: a file is not what was applied. Nothing has changed.',
        '',
        '  core/1.1.0/expand/001_add.sql: was edited after it was applied (1.1.0, <date>)',
        '',
        '-> Bring back the files as they were released, and make the change in a new file.',
      ),
    });
    expect(await migrate('status')).toEqual({
      exit: 1,
      stdout: lines(
        'drift    core/1.1.0/expand/001_add.sql: says something else than what was applied',
        'core: 1 applied, 0 pending, 1 edited or missing.',
      ),
      stderr: '',
    });
    await writeFile(file, shipped);
  });
});

describe('onward migrate', () => {
  it('refuses a folder that is not there, and a URL that is none', async () => {
    expect(await runRefused(tiny, ['migrate', '--url', tiny.databaseUrl, '--migrations', 'elsewhere'])).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error migrate.unusable-files',
        'Could not apply the migrations in elsewhere: they have a problem, and none was applied. Nothing has changed.',
        '',
        '  elsewhere: there is no folder elsewhere',
        '      Name the folder that holds the migrations.',
        '',
        '-> Mend the files, then run the same command again.',
      ),
    });
    expect(await runRefused(tiny, ['migrate', '--url', 'core', '--migrations', migrations])).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error postgres.unusable-target',
        'Could not tell which database --url means: it is not a URL. Nothing has changed.',
        '-> Write it as postgres://user@host:5432/database and keep the password in PGPASSWORD_FILE or a password file.',
      ),
    });
  });

  it('takes a file back whose SQL the server refuses, and shows the place', async () => {
    await withFiles(
      { '1.2.0/expand/007_fails.sql': 'create table other ();\nalter table itm add column x int;\n' },
      async () => {
        expect(await migrate()).toEqual({
          exit: 1,
          stdout: '',
          stderr: lines(
            'error migrate.statement-failed',
            'Could not run core/1.2.0/expand/007_fails.sql:2:1: relation "itm" does not exist (42P01). Nothing of the file is in the database. Nothing has changed.',
            '',
            '    1 | create table other ();',
            '  > 2 | alter table itm add column x int;',
            '      | ^',
            '    3 |',
            '',
            '-> Mend core/1.2.0/expand/007_fails.sql, or what it found in the database, then run the same command again.',
          ),
        });
      },
    );
  });
});

describe('a file that was shipped and is written differently, with the same meaning', () => {
  it('is accepted and reported by onward release build and by onward migrate', async () => {
    const file = join(migrations, 'core/1.1.0/expand/001_add.sql');
    await writeFile(file, '-- For the people at the desk.\nALTER TABLE item\n  ADD COLUMN note text;\n');
    const args = ['--product', join(vendor, 'product.yaml'), '--to', join(tiny.folder, 'releases')];
    const built = await tiny.onward(['release', 'build', '1.2.0', ...args]);
    expect(built.exit, built.stderr).toBe(0);
    expect(built.stderr).toContain(
      'info: core/1.1.0/expand/001_add.sql: its text differs from what 1.1.0 shipped, but not its meaning; the new text is listed\n',
    );
    const applied = await tiny.onward(['migrate', '--url', tiny.databaseUrl, '--migrations', migrations]);
    expect(applied.exit, applied.stderr).toBe(0);
    expect(applied.stdout).toContain(
      'edited since it was applied, with the same meaning: core/1.1.0/expand/001_add.sql\n',
    );
  });
});

/** Puts files beside the migrations of the product, and takes them away again. */
async function withFiles(files: Files, work: () => Promise<void>): Promise<void> {
  const folder = join(migrations, 'core/1.2.0');
  for (const [path, content] of Object.entries(files)) {
    const place = join(migrations, 'core', path);
    await mkdir(join(place, '..'), { recursive: true });
    if (typeof content === 'string') await writeFile(place, content);
    else await symlink(content.link, place);
  }
  try {
    await work();
  } finally {
    await rm(folder, { recursive: true });
  }
}
