import type { MigrationRef, Release } from '../model/index.ts';

/**
 * What a release lists beyond an earlier one; all that it lists when it does not begin with the whole list of the earlier one. Releases
 * carry the migrations of all earlier ones, so a long path would otherwise look at the same thousands at every hop.
 */
export function addedMigrations(earlier: Release | undefined, { migrations }: Release): readonly MigrationRef[] {
  return earlier && beginsWith(migrations, earlier.migrations)
    ? migrations.slice(earlier.migrations.length)
    : migrations;
}

function beginsWith(list: readonly MigrationRef[], beginning: readonly MigrationRef[]): boolean {
  return beginning.every((file, index) => {
    const other = list[index];
    return file === other || (file.path === other?.path && file.database === other.database);
  });
}
