import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDiscipline } from './check-discipline.ts';
import { A, B, C, check, createRepository, sum, system, write } from './test-support.ts';

describe('a release in git', () => {
  const shippedFiles = {
    '1_a.up.sql': A,
    '2_b.up.sql': B,
    '3_c.up.sql': C,
    '3_c.down.sql': 'drop table c;',
    'README.md': '',
  };

  it.each(['1.0.0', 'v1.0.0', 'HEAD', 'refs/tags/v1.0.0'])('is known as %s', async (name) => {
    const root = await createRepository(shippedFiles, 'db/migrations');
    expect(await check(root, name)).toMatchObject({
      shipped: ['1_a.up.sql', '2_b.up.sql', '3_c.up.sql'],
      findings: [],
    });
  });

  it('tells cosmetic edits from real ones, and sees what was removed or put in between', async () => {
    const root = await createRepository({ ...shippedFiles, '4_d.up.sql': A, '5_e.up.sql': B }, 'migrations');
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
    const root = await createRepository({ '1_a.sql': `-- migrate:up\n${A}\n-- migrate:down\ndrop table a;\n` });
    await write({ '1_a.sql': `-- migrate:up\n${A}\n-- migrate:down\ndrop table if exists a;\n` }, root);
    expect((await check(root, '1.0.0')).findings).toEqual(['1_a.sql cosmetic-edit warning']);
  });

  it('knows that a checkout with other line ends is the same', async () => {
    const root = await createRepository({ '.gitattributes': '*.sql text eol=crlf\n', '1_a.up.sql': A });
    await write({ '1_a.up.sql': A.replaceAll('\n', '\r\n') }, root);
    expect(await check(root, '1.0.0')).toMatchObject({ shipped: ['1_a.up.sql'], findings: [] });
  });

  it('is asked about single files too', async () => {
    const root = await createRepository(shippedFiles);
    await write({ '2_b.up.sql': C, '4_d.up.sql': C }, root);
    const paths = ['2_b.up.sql', '4_d.up.sql'].map((name) => join(root, name));
    expect(await check(root, '1.0.0', paths)).toMatchObject({
      shipped: ['2_b.up.sql'],
      findings: ['2_b.up.sql edited-shipped-file error'],
    });
  });

  it('adds to the list, and does not hide what that says', async () => {
    const root = await createRepository({ ...shippedFiles, 'released.sha256': `${sum(B)}  1_a.up.sql\n` });
    expect((await check(root, '1.0.0')).findings).toEqual(['1_a.up.sql edited-shipped-file error']);
  });

  it('is an error when it is unknown, when there is no repository and when there is no git', async () => {
    const root = await createRepository(shippedFiles);
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
    const root = await createRepository({ 'README.md': '' });
    await write({ 'migrations/1_a.up.sql': A }, root);
    expect((await check(join(root, 'migrations'), '1.0.0')).findings).toEqual([' nothing-shipped warning']);
  });
});
