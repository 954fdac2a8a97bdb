import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLintFiles } from './read-lint-files.ts';
import { DOWN, FIRST, readSample, SECOND, system, THIRD, write } from './test-support.ts';

describe('recognising', () => {
  it('takes the names of golang-migrate for Onward when a file has a tag of Onward', async () => {
    const tagged = { '1_a.up.sql': `-- caracal:phase contract\n${FIRST}`, '1_a.down.sql': DOWN };
    const { files, findings } = await readSample(tagged);
    expect(files.map(({ layout }) => layout)).toEqual(['flat']);
    expect(findings).toEqual([{ at: '1_a.down.sql:1:1', rule: 'ignored-down', severity: 'warning' }]);
  });

  it('reads folders with numberings of their own as databases of their own', async () => {
    const { files } = await readSample({ 'b/1_x.up.sql': FIRST, 'a/1_x.up.sql': FIRST, 'a/1_x.down.sql': DOWN });
    expect(files.map(({ path, layout, database }) => [path, layout, database])).toEqual([
      ['a/1_x.up.sql', 'golang-migrate', 'a'],
      ['b/1_x.up.sql', 'flat', 'b'],
    ]);
  });

  it('orders prereleases before their release, and versions by number', async () => {
    const versions = ['1.10.0', '1.9.0', '1.10.0-rc.10', '1.10.0-rc.2', 'v1.2.0', '1.10.0-rc'];
    const names = Object.fromEntries(versions.map((version) => [`${version}/expand/001_x.sql`, FIRST]));
    const { files } = await readSample(names);
    expect(files.map(({ path }) => path.split('/')[0])).toEqual([
      'v1.2.0',
      '1.9.0',
      '1.10.0-rc',
      '1.10.0-rc.2',
      '1.10.0-rc.10',
      '1.10.0',
    ]);
  });

  it('says when the phase of the tag is not that of the folder, and when a tag is misspelt or too late', async () => {
    const { findings } = await readSample({
      '1.0.0/expand/001_a.sql': `-- onward:phase contract\n${FIRST}`,
      '1.0.0/expand/002_b.sql': `--onward:phase contract\n${FIRST}`,
      '1.0.0/expand/003_c.sql': `${FIRST}\n-- onward:phase contract\nselect '\n-- onward:phase contract\n';`,
    });
    expect(findings.map(({ at, rule }) => `${at} ${rule}`)).toEqual([
      '1.0.0/expand/001_a.sql:1:1 phase-differs',
      '1.0.0/expand/002_b.sql:1:1 inexact-tag',
      '1.0.0/expand/003_c.sql:2:1 misplaced-tag',
    ]);
  });

  it('leaves remarks of other tools alone that only look like a tag', async () => {
    const { findings } = await readSample({
      'V1__a.sql': `-- note: phase two\n${FIRST}\n-- todo: transaction\n`,
    });
    expect(findings).toEqual([]);
  });

  it('knows that one message is one transaction, whatever the tool was told', async () => {
    const both = `${SECOND}\n${THIRD}`;
    const { files } = await readSample({
      'a/1_a.sql': `-- migrate:up transaction:false\n${both}`,
      'b/20260101000000_b.sql': `-- no-transaction\n${both}`,
      'c/1_c.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n${both}`,
    });
    expect(files.map(({ layout, isTransactional }) => [layout, isTransactional])).toEqual([
      ['dbmate', true],
      ['sqlx', true],
      ['goose', false],
    ]);
  });

  it('finds what goose would cut in two', async () => {
    const body = 'create function f() returns int language plpgsql as $$\nbegin\n  return 1;\nend $$;';
    const { findings } = await readSample({
      '1_a.sql': `-- +goose Up\n${body}`,
      '2_b.sql': `-- +goose Up\n-- +goose StatementBegin\n${body}\n-- +goose StatementEnd\n`,
    });
    expect(findings).toEqual([{ at: '1_a.sql:4:11', rule: 'cut-statement', severity: 'error' }]);
  });

  it('says which SQL files the tool passes over without a word', async () => {
    const { files, findings } = await readSample({
      'a/1_a.up.sql': FIRST,
      'a/1_a.down.sql': DOWN,
      'a/2_b.sql': FIRST,
    });
    expect(files.map(({ path }) => path)).toEqual(['a/1_a.up.sql']);
    expect(findings.map(({ at, rule, severity }) => `${at} ${rule} ${severity}`)).toEqual([
      'a/2_b.sql:1:1 ignored-file warning',
    ]);
  });

  it('says that a file that was given by itself is no migration', async () => {
    const root = await write({ '1_a.up.sql': FIRST, '1_a.down.sql': DOWN, 'seed.sql': FIRST });
    const { files, findings } = await readLintFiles(system, { paths: [join(root, 'seed.sql')] });
    expect(files).toEqual([]);
    expect(findings.map(({ file, rule }) => [file, rule])).toEqual([[join(root, 'seed.sql'), 'ignored-file']]);
  });

  it('reads a file once, however often it is given', async () => {
    const root = await write({ 'a/1_a.up.sql': `${FIRST}\n\\restrict x\n` });
    const paths = [root, `${root}/a/`, join(root, 'a/1_a.up.sql'), `${root}/./a`];
    const { files, findings } = await readLintFiles(system, { paths });
    expect([files.length, findings.length]).toEqual([1, 1]);
  });

  it('refuses in Onward’s layouts what the engine refuses', async () => {
    const { files, findings } = await readSample({
      '1.0.0/expand/001_a.sql': FIRST,
      '1.0.0/expand/00 2.sql': FIRST,
      '1.0.0/expand/b.sql': FIRST,
      '1.0.0/expnd/001_c.sql': FIRST,
      'next/expand/001_d.sql': FIRST,
    });
    expect(files).toEqual([]);
    expect(findings.map(({ at, rule }) => `${at} ${rule}`)).toEqual([
      '1.0.0/expand/00 2.sql:1:1 unsafe-name',
      ':1:1 mixed-layouts',
    ]);
  });

  it('says that a file has no up part, that a path is missing, and that a folder is empty', async () => {
    const { findings } = await readSample({ '1_a.sql': FIRST, '2_b.sql': `-- migrate:up\n${FIRST}` });
    expect(findings).toEqual([{ at: '1_a.sql:1:1', rule: 'missing-up', severity: 'error' }]);
    const empty = await write({ 'README.md': '' });
    const read = await readLintFiles(system, { paths: [join(empty, 'nowhere'), empty] });
    expect(read.findings.map(({ rule }) => rule)).toEqual(['missing-path', 'no-migrations']);
  });
});
