import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeReleasedList } from './released-list.ts';
import { A, B, C, check, sum, system, write } from './test-support.ts';

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

  it('tells of a single new file whether it comes too late', async () => {
    const shipped = { '1_a.up.sql': A, '4_b.up.sql': B };
    const list = `${sum(A)}  1_a.up.sql\n${sum(B)}  4_b.up.sql\n`;
    const root = await write({
      ...shipped,
      'released.sha256': list,
      '2_c.up.sql': C,
      '4_d.up.sql': C,
      '5_e.up.sql': C,
    });
    const found = async (name: string) => (await check(root, undefined, [`${root}/${name}`])).findings;
    expect(await found('2_c.up.sql')).toEqual(['2_c.up.sql out-of-order error']);
    expect(await found('4_d.up.sql')).toEqual(['4_d.up.sql duplicate-number error']);
    expect(await found('5_e.up.sql')).toEqual([]);
  });

  it.each([
    ['1.1.0/expand/002_b.sql', '1.1.0/expand/001_a.sql', 'shipped-version'],
    ['20260101000000_b/migration.sql', '20260102000000_a/migration.sql', 'out-of-order'],
    ['more/V1__b.sql', 'V2__a.sql', 'out-of-order'],
  ])('does so in every layout: %s', async (name, before, rule) => {
    const root = await write({ [before]: A, 'released.sha256': `${sum(A)}  ${before}\n`, [name]: B });
    expect((await check(root, undefined, [`${root}/${name}`])).findings).toEqual([`${name} ${rule} error`]);
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
