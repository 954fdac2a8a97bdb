import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem } from '../../system/index.ts';
import { readLintFiles } from '../layouts/read-lint-files.ts';
import { checkDiscipline } from './check-discipline.ts';
import { writeReleasedList } from './released-list.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let folder = '';
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-discipline-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function freshFolder(): string {
  count += 1;
  return join(folder, String(count));
}

interface Files {
  readonly [path: string]: string | undefined;
}

/** Writes files into a new folder, or over those of one; `undefined` removes. */
async function write(files: Files, root = freshFolder()): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    if (text === undefined) await rm(join(root, path));
    else await writeFile(join(root, path), text);
  }
  return root;
}

async function git(root: string, ...args: readonly string[]): Promise<void> {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
  const ran = await system.exec.run(['git', '-C', root, ...identity, ...args], { timeoutMs: 20_000 });
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
}

/** A repository whose files are in the release `v1.0.0`. */
async function repository(files: Files, below = ''): Promise<string> {
  const root = freshFolder();
  await write(files, join(root, below));
  await git(root, 'init', '-q');
  await git(root, 'add', '-A');
  await git(root, 'commit', '-q', '--no-verify', '-m', 'first');
  await git(root, 'tag', 'v1.0.0');
  return join(root, below);
}

async function check(root: string, since?: string, paths: readonly string[] = [root]) {
  const read = await readLintFiles(system, { paths });
  expect(read.findings).toEqual([]);
  const { files, findings } = await checkDiscipline(system, read.files, {
    paths,
    ...(since === undefined ? {} : { since }),
  });
  return {
    shipped: files.filter(({ isShipped }) => isShipped).map(({ path }) => path.slice(root.length + 1)),
    findings: findings.map(({ file, rule, severity }) => `${file.slice(root.length + 1)} ${rule} ${severity}`),
    messages: findings.map(({ message }) => message),
  };
}

const sum = (text: string) => createHash('sha256').update(text).digest('hex');
const A = 'create table a (id bigint primary key);\n';
const B = 'create table b (id bigint primary key);\n';
const C = 'create table c (id bigint primary key);\n';

describe('numbers', () => {
  it.each([
    ['flat', { '0001_a.up.sql': A, '1_b.up.sql': B }, '1_b.up.sql'],
    ['onward', { 'v1.0.0/expand/001_a.sql': A, '1.0.0/expand/1_b.sql': B }, 'v1.0.0/expand/001_a.sql'],
    ['flyway', { 'V1__a.sql': A, 'more/V1.0__b.sql': B }, 'more/V1.0__b.sql'],
    ['dbmate', { '1_a.sql': `-- migrate:up\n${A}`, '01_b.sql': `-- migrate:up\n${B}` }, '1_a.sql'],
    ['diesel', { '2026-01-01-000000_a/up.sql': A, '20260101000000_b/up.sql': B }, '20260101000000_b/up.sql'],
  ])('may not be taken twice in %s', async (_, files, second) => {
    const { findings } = await check(await write(files));
    expect(findings).toEqual([`${second} duplicate-number error`]);
  });

  it('may have gaps, and count anew in each version, phase, database and folder', async () => {
    const onward = { 'a/1.0.0/expand/001_a.sql': A, 'a/1.0.0/contract/001_a.sql': A, 'b/1.0.0/expand/001_b.sql': B };
    expect((await check(await write({ ...onward, 'a/1.1.0/expand/007_c.sql': C }))).findings).toEqual([]);
    expect((await check(await write({ 'x/1_a.up.sql': A, 'y/1_b.up.sql': B, 'y/9_c.up.sql': C }))).findings).toEqual(
      [],
    );
  });
});

describe('a list of what was released', () => {
  it('marks what has shipped, and says what was edited, removed or put before it', async () => {
    const list = `${sum(A)}  0001_a.up.sql\n${sum(B)} *0003_b.up.sql\n${sum(C)}  0004_c.up.sql\n`;
    const root = await write({
      'released.sha256': list,
      '0001_a.up.sql': A,
      '0002_late.up.sql': C,
      '0003_b.up.sql': `${B}drop table a;`,
      '0005_new.up.sql': C,
    });
    const { shipped, findings } = await check(root);
    expect(shipped).toEqual(['0001_a.up.sql', '0003_b.up.sql']);
    expect(findings).toEqual([
      '0003_b.up.sql edited-shipped-file error',
      '0004_c.up.sql removed-shipped-file error',
      '0002_late.up.sql out-of-order error',
    ]);
  });

  it('is found above the version folders, also when one file is given', async () => {
    const path = 'core/1.0.0/expand/001_a.sql';
    const root = await write({ 'released.sha256': `${sum(B)}  ${path}\n`, [path]: A });
    expect((await check(root)).findings).toEqual([`${path} edited-shipped-file error`]);
    expect((await check(root, undefined, [join(root, path)])).findings).toEqual([`${path} edited-shipped-file error`]);
  });

  it('refuses a new file in a version that has shipped, and one in a version before it', async () => {
    const root = await write({
      'released.sha256': `${sum(A)}  1.1.0/expand/001_a.sql\n`,
      '1.1.0/expand/001_a.sql': A,
      '1.1.0/postdeploy/001_b.sql': B,
      '1.0.9/expand/001_c.sql': C,
      '1.2.0/expand/001_d.sql': C,
    });
    expect((await check(root)).findings).toEqual([
      '1.0.9/expand/001_c.sql out-of-order error',
      '1.1.0/postdeploy/001_b.sql shipped-version error',
    ]);
  });

  it('takes other line ends for a cosmetic edit', async () => {
    const list = `${sum(A)}  1_a.up.sql\n${sum(B.replaceAll('\n', '\r\n'))}  2_b.up.sql\n`;
    const root = await write({ 'released.sha256': list, '1_a.up.sql': A.replaceAll('\n', '\r\n'), '2_b.up.sql': B });
    const { shipped, findings } = await check(root);
    expect(findings).toEqual(['1_a.up.sql cosmetic-edit warning', '2_b.up.sql cosmetic-edit warning']);
    expect(shipped).toHaveLength(2);
  });

  it('lets what Flyway repeats change, and judges it again', async () => {
    const list = `${sum(A)}  V1__a.sql\n${sum(B)}  R__b.sql\n${sum(C)}  R__c.sql\n`;
    const root = await write({ 'released.sha256': list, 'V1__a.sql': A, 'R__b.sql': C, 'R__c.sql': C });
    expect(await check(root)).toMatchObject({ shipped: ['V1__a.sql', 'R__c.sql'], findings: [] });
  });

  it('is read strictly', async () => {
    const lines = [
      `${sum(A)}  1_a.up.sql`,
      'abc  x.sql',
      `${sum(A)}  ../x.sql`,
      `${sum(A)}  /etc/x`,
      `${sum(B)}  1_a.up.sql`,
    ];
    const root = await write({ 'released.sha256': `${lines.join('\n')}\n`, '1_a.up.sql': A });
    const { findings, messages } = await check(root);
    expect(findings).toEqual(Array(4).fill('released.sha256 released-list error'));
    expect(messages.map((message) => message.split(';')[0])).toEqual([
      'the line is not "<sha256>  <path>"',
      'the path ../x.sql leaves the folder',
      'the path /etc/x leaves the folder',
      '1_a.up.sql is there twice, first in line 1',
    ]);
  });
});

describe('writeReleasedList()', () => {
  const entry = (path: string, text: string) => ({ path, checksum: `sha256:${sum(text)}` as const });

  it('adds files, sorted, in the format of sha256sum, and keeps what is there', async () => {
    const root = await write({ '1_a.up.sql': A, '2_b.up.sql': B });
    expect(await writeReleasedList(system, root, [entry('2_b.up.sql', B)])).toEqual({ added: 1, findings: [] });
    expect(await writeReleasedList(system, root, [entry('1_a.up.sql', A), entry('2_b.up.sql', B)])).toMatchObject({
      added: 1,
    });
    expect(await writeReleasedList(system, root, [entry('1_a.up.sql', A)])).toEqual({ added: 0, findings: [] });
    expect(await readFile(join(root, 'released.sha256'), 'utf8')).toBe(
      `${sum(A)}  1_a.up.sql\n${sum(B)}  2_b.up.sql\n`,
    );
    const checked = await system.exec.run(['sha256sum', '--check', '--strict', 'released.sha256'], {
      cwd: root,
      timeoutMs: 10_000,
    });
    expect(checked.exitCode).toBe(0);
  });

  it('writes nothing over another checksum or into a list that it cannot read', async () => {
    const root = await write({ 'released.sha256': `${sum(A)}  1_a.up.sql\n` });
    const refused = await writeReleasedList(system, root, [entry('1_a.up.sql', B), entry('2_b.up.sql', B)]);
    expect([refused.added, refused.findings.map(({ rule }) => rule)]).toEqual([0, ['edited-shipped-file']]);
    const broken = await write({ 'released.sha256': 'what\n' });
    expect((await writeReleasedList(system, broken, [entry('1_a.up.sql', A)])).added).toBe(0);
    expect(await readFile(join(root, 'released.sha256'), 'utf8')).toBe(`${sum(A)}  1_a.up.sql\n`);
    expect(await readFile(join(broken, 'released.sha256'), 'utf8')).toBe('what\n');
  });
});

describe('a release in git', () => {
  const shippedFiles = {
    '1_a.up.sql': A,
    '2_b.up.sql': B,
    '3_c.up.sql': C,
    '3_c.down.sql': 'drop table c;',
    'README.md': '',
  };

  it.each(['1.0.0', 'v1.0.0', 'HEAD', 'refs/tags/v1.0.0'])('is known as %s', async (name) => {
    const root = await repository(shippedFiles, 'db/migrations');
    expect(await check(root, name)).toMatchObject({
      shipped: ['1_a.up.sql', '2_b.up.sql', '3_c.up.sql'],
      findings: [],
    });
  });

  it('tells cosmetic edits from real ones, and sees what was removed or put in between', async () => {
    const root = await repository({ ...shippedFiles, '4_d.up.sql': A, '5_e.up.sql': B }, 'migrations');
    await write(
      {
        '1_a.up.sql': `-- the first table\n${A.toUpperCase()}`,
        '2_b.up.sql': B.replace('bigint', 'int'),
        '3_c.up.sql': undefined,
        '3_c.down.sql': undefined,
        '4_d.up.sql': `-- onward:phase contract\n${A}`,
        '5_e.up.sql': `-- onward:transaction none\n${B}`,
        '4_late.up.sql': C,
        '6_new.up.sql': C,
      },
      root,
    );
    const { shipped, findings, messages } = await check(root, '1.0.0');
    expect(shipped).toEqual(['1_a.up.sql', '2_b.up.sql', '4_d.up.sql', '5_e.up.sql']);
    expect(findings.sort()).toEqual([
      '1_a.up.sql cosmetic-edit warning',
      '2_b.up.sql edited-shipped-file error',
      '3_c.up.sql removed-shipped-file error',
      '4_d.up.sql edited-shipped-file error',
      '4_late.up.sql duplicate-number error',
      '4_late.up.sql out-of-order error',
      '5_e.up.sql edited-shipped-file error',
    ]);
    expect(messages.join('\n')).toContain('its phase was expand and is contract');
    expect(messages.join('\n')).toContain('it ran in a transaction and no longer does');
  });

  it('takes an edit of the down part alone for a cosmetic one', async () => {
    const root = await repository({ '1_a.sql': `-- migrate:up\n${A}\n-- migrate:down\ndrop table a;\n` });
    await write({ '1_a.sql': `-- migrate:up\n${A}\n-- migrate:down\ndrop table if exists a;\n` }, root);
    expect((await check(root, '1.0.0')).findings).toEqual(['1_a.sql cosmetic-edit warning']);
  });

  it('knows that a checkout with other line ends is the same', async () => {
    const root = await repository({ '.gitattributes': '*.sql text eol=crlf\n', '1_a.up.sql': A });
    await write({ '1_a.up.sql': A.replaceAll('\n', '\r\n') }, root);
    expect(await check(root, '1.0.0')).toMatchObject({ shipped: ['1_a.up.sql'], findings: [] });
  });

  it('is asked about single files too', async () => {
    const root = await repository(shippedFiles);
    await write({ '2_b.up.sql': C, '4_d.up.sql': C }, root);
    const paths = ['2_b.up.sql', '4_d.up.sql'].map((name) => join(root, name));
    expect(await check(root, '1.0.0', paths)).toMatchObject({
      shipped: ['2_b.up.sql'],
      findings: ['2_b.up.sql edited-shipped-file error'],
    });
  });

  it('adds to the list, and does not hide what that says', async () => {
    const root = await repository({ ...shippedFiles, 'released.sha256': `${sum(B)}  1_a.up.sql\n` });
    expect((await check(root, '1.0.0')).findings).toEqual(['1_a.up.sql edited-shipped-file error']);
  });

  it('is an error when it is unknown, when there is no repository and when there is no git', async () => {
    const root = await repository(shippedFiles);
    const problems = async (since: string, at = root, on = system) =>
      (await checkDiscipline(on, [], { paths: [at], since })).findings.map(({ rule, message }) => [rule, message]);
    expect(await problems('2.0.0')).toEqual([
      ['unknown-release', 'what 2.0.0 shipped is not known: git knows no tag, branch or commit of that name'],
    ]);
    expect(await problems('--output=x')).toEqual([
      ['unknown-release', 'what --output=x shipped is not known: it is no name that git could know'],
    ]);
    const outside = await write({ '1_a.up.sql': A });
    expect((await problems('1.0.0', outside))[0]?.[1]).toContain('git says "not a git repository');
    const without = {
      ...system,
      exec: {
        run: (argv: readonly string[], options: Parameters<typeof system.exec.run>[1]) =>
          system.exec.run(['/nowhere/git', ...argv.slice(1)], options),
      },
    };
    expect((await problems('1.0.0', root, without))[0]?.[1]).toBe(
      'what 1.0.0 shipped is not known: git is not installed here',
    );
  });

  it('says when it has none of the files', async () => {
    const root = await repository({ 'README.md': '' });
    await write({ 'migrations/1_a.up.sql': A }, root);
    expect((await check(join(root, 'migrations'), '1.0.0')).findings).toEqual([' nothing-shipped warning']);
  });
});
