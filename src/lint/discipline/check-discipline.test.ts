import { describe, expect, it } from 'vitest';
import { A, B, C, check, write } from './test-support.ts';

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

describe('a statement that cannot run in a transaction', () => {
  const both = `create index concurrently a_note on a (note);\n${B}`;

  it('takes it from the others, which is said unless somebody meant it', async () => {
    const root = await write({
      '1_a.up.sql': both,
      '2_b.up.sql': `-- onward:transaction none\n${both}`,
      '3_c.notx.sql': both,
    });
    expect((await check(root)).findings).toEqual(['1_a.up.sql mixed-transaction warning']);
  });

  it('may stand beside settings', async () => {
    const root = await write({ '1_a.up.sql': `set timezone = utc; create index concurrently a_note on a (note);` });
    expect((await check(root)).findings).toEqual([]);
  });
});
