import { describe, expect, it } from 'vitest';
import type { MigrationRef, Release } from '../model/index.ts';
import { addedMigrations } from './added-migrations.ts';

/** As a source reads them: two releases that list the same file hold equal records of it, not the same one. */
function release(...paths: readonly string[]): Release {
  const migrations = paths.map((path) => ({ path, database: path.split('/')[0] }) as MigrationRef);
  return { migrations } as unknown as Release;
}

const paths = (files: readonly MigrationRef[]) => files.map(({ path }) => path);

describe('addedMigrations()', () => {
  it('gives what follows the whole list of the earlier release', () => {
    const added = addedMigrations(release('core/1', 'core/2'), release('core/1', 'core/2', 'core/3', 'other/1'));
    expect(paths(added)).toEqual(['core/3', 'other/1']);
    expect(addedMigrations(release('core/1'), release('core/1'))).toEqual([]);
  });

  it('gives the very list of a release that stands alone, lacks a file of the earlier one, or has another one in between', () => {
    const late = release('core/1', 'core/1b', 'core/2');
    expect(addedMigrations(undefined, late)).toBe(late.migrations);
    expect(addedMigrations(release('core/1', 'core/2'), late)).toBe(late.migrations);
    const fewer = release('core/1');
    expect(addedMigrations(release('core/1', 'core/2'), fewer)).toBe(fewer.migrations);
  });
});
