import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, loadSqlParser, type SqlParser } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';
import { judgeMeasurement } from '../measure/findings.ts';
import { measureMigrations } from '../measure/measure-migrations.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';
import { SERVER_VERSIONS, type ServerVersion } from '../server-version.ts';
import { RULES } from './index.ts';
import type { Example, Rule } from './rule.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let parser: SqlParser;
beforeAll(async () => {
  parser = await loadSqlParser();
});

/** Rules whose warning can be looked up in what a statement did. */
const MEASURABLE: readonly Rule[] = RULES.filter(({ class: name }) => ['lock', 'rewrite', 'scan'].includes(name));

function filesOf(example: Example): readonly LintFile[] {
  const { before = '', sql, phase = 'expand', isNotx = false } = example;
  return [before, sql].map((text, index) => ({
    layout: 'plain',
    database: '',
    release: '',
    order: String(index),
    path: index === 0 ? 'before.sql' : 'example.sql',
    phase,
    text,
    isNotx: index === 1 && isNotx,
    statements: parser.split(text, 'example.sql'),
    isTransactional: !(index === 1 && isNotx),
    isShipped: index === 0,
  }));
}

/** What was measured of the class that the rule is about. */
async function measure(scratch: Scratch, rule: Rule, example: Example): Promise<readonly string[]> {
  const files = filesOf(example);
  const found = judgeMeasurement(await measureMigrations(system, { scratch, files, rowsPerTable: 50 }), files);
  return found
    .filter((finding) => finding.class === rule.class && finding.source === 'measured')
    .map(({ rule: name, message }) => `${rule.id}: ${name}: ${message} (${example.sql})`);
}

describe.each(SERVER_VERSIONS.map((server) => [server]))('a good example on Postgres %i', (server: ServerVersion) => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await openScratch(system, { server });
  });
  afterAll(() => scratch?.close());

  it('takes no lock, rewrite or scan that its rule warns about', async () => {
    const wrong: string[] = [];
    for (const rule of MEASURABLE) {
      for (const example of rule.good.filter(({ since = 14 }) => since <= server)) {
        wrong.push(...(await measure(scratch, rule, example)));
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);
});

// Once is enough to know that the measurement would have seen it.
describe('a bad example', () => {
  it('is seen to rewrite or scan what its rule warns about', async () => {
    const scratch = await openScratch(system, { server: 15 });
    const unseen: string[] = [];
    try {
      for (const rule of MEASURABLE.filter(({ class: name }) => name !== 'lock')) {
        const [example] = rule.bad;
        if (example && (await measure(scratch, rule, example)).length === 0) unseen.push(rule.id);
      }
    } finally {
      await scratch.close();
    }
    expect(unseen).toEqual([]);
  }, 60_000);
});
