import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../rules/index.ts';
import { FILE_RULES } from './list.ts';

const SRC = resolve(import.meta.dirname, '../../..');

/** The names that findings are made with in a folder or file. */
function namesIn(place: string, pattern: RegExp): readonly string[] {
  const path = join(SRC, place);
  const files = place.endsWith('.ts')
    ? [path]
    : readdirSync(path)
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((name) => join(path, name));
  return files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, name = '']) => name));
}

const made = new Set([
  ...['lint/layouts', 'lint/discipline', 'lint/suppressions'].flatMap((folder) =>
    namesIn(folder, /\brule: '([a-z0-9-]+)'/g),
  ),
  ...['sql/layout.ts', 'sql/header.ts', 'lint/layouts/read-tags.ts'].flatMap((file) =>
    namesIn(file, /'migrate\.([a-z0-9-]+)'/g),
  ),
]);

describe('the list of file rules', () => {
  it('has each finding that is made about files, and no other', () => {
    expect(made.size).toBeGreaterThan(30);
    expect(FILE_RULES.map(({ id }) => id).sort()).toEqual([...made].sort());
  });

  it('shares no name with a rule on statements', () => {
    const ids = new Set(RULES.map(({ id }) => id));
    expect(FILE_RULES.filter(({ id }) => ids.has(id))).toEqual([]);
  });

  it('says of each why, and what to do', () => {
    for (const { id, title, why, help } of FILE_RULES) {
      expect([id, title.length > 5, why.length > 40, /^[A-Z][a-z]+ /.test(help)]).toEqual([id, true, true, true]);
    }
  });
});
