import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, type SqlParser } from '../../system/index.ts';
import { checkStatements } from '../check-statements.ts';
import type { LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { SERVER_VERSIONS, type ServerVersion } from '../server-version.ts';
import { RULES } from './index.ts';
import type { Example } from './rule.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadSqlParser();
});

/** The findings of an example's SQL, on what its `before` has made. */
function lint(example: Example, server: ServerVersion): readonly LintFinding[] {
  const { before = '', phase = 'expand', isNotx = false } = example;
  const base = { layout: 'plain', database: '', release: '', order: '1' } as const;
  const files: readonly LintFile[] = [before, example.sql].map((text, index) => ({
    ...base,
    path: index === 0 ? 'before.sql' : 'example.sql',
    phase,
    text,
    isNotx: index === 1 && isNotx,
    statements: parser.split(text, 'example.sql'),
    isTransactional: !(index === 1 && isNotx),
    isShipped: index === 0,
  }));
  return checkStatements(files, { parser, server }).findings;
}

const serversOf = ({ since = 14 }: Example) => SERVER_VERSIONS.filter((server) => server >= since);
const describeFindings = (findings: readonly LintFinding[]) =>
  findings.map(({ rule, message }) => `${rule}: ${message}`);

describe('the list of rules', () => {
  it('names each rule once, in kebab-case, and has every file of the family', () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const folders = ['contract', 'lock', 'style', 'discipline'];
    const files = folders.flatMap((folder) => readdirSync(join(import.meta.dirname, folder)));
    const named = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'index.ts');
    expect(named.map((name) => name.slice(0, -'.ts'.length)).filter((name) => !ids.includes(name))).toEqual([]);
    expect(ids.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  it('says of each what it finds, why, and what to do', () => {
    for (const { id, title, why, help, bad, good, hazards } of RULES) {
      expect([id, title.length > 10, why.length > 40, /^[A-Z][a-z]+ /.test(help)]).toEqual([id, true, true, true]);
      expect([id, bad.length > 0, good.length > 0, hazards.length > 0]).toEqual([id, true, true, true]);
    }
  });
});

describe.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it('catches its bad examples', () => {
    for (const example of rule.bad) {
      for (const server of serversOf(example)) {
        const found = lint(example, server).filter((finding) => finding.rule === id);
        expect([example.sql, server, found.length > 0]).toEqual([example.sql, server, true]);
      }
    }
  });

  it('finds its good examples clean, as all rules do', () => {
    for (const example of rule.good) {
      for (const server of serversOf(example)) {
        expect([example.sql, server, ...describeFindings(lint(example, server))]).toEqual([example.sql, server]);
      }
    }
  });

  it('rewrites what it can so that it is clean', () => {
    for (const example of rule.bad) {
      const server = serversOf(example).at(-1) ?? 18;
      for (const { fix } of lint(example, server).filter((finding) => finding.rule === id)) {
        if (fix === undefined) continue;
        const isNotx = fix.includes('onward:transaction none') || (example.isNotx ?? false);
        expect([fix, ...describeFindings(lint({ ...example, sql: fix, isNotx }, server))]).toEqual([fix]);
      }
    }
  });
});
