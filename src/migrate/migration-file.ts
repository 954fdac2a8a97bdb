import { compareTotalsAfters, compareVersions, type MigrationRef } from '../model/index.ts';

/** A migration with what it says. */
export type MigrationFile = MigrationRef & { readonly text: string };

type Placed = Pick<MigrationRef, 'database' | 'version' | 'phase' | 'sequence' | 'path'>;

/**
 * Which migration this is, whatever it holds: database folder, version, phase and number, as far as its layout has them. Neither a new name
 * nor a `v` before the version makes it another one.
 */
export function migrationId(file: Placed): string {
  const parts = file.path.split('/');
  if (parts.length === 1) return String(file.sequence);
  const folder = parts.length === 4 ? `${parts[0]}/` : '';
  return `${folder}${file.version}/${file.phase}/${file.sequence}`;
}

/** A file of the flat layout: its number alone decides the order. */
export function isFlat(file: Pick<MigrationRef, 'path'>): boolean {
  return !file.path.includes('/');
}

/** Database, version, phase, number; in the flat layout database and number. */
export function compareMigrationFiles(a: Placed, b: Placed): number {
  const byDatabase = a.database < b.database ? -1 : a.database > b.database ? 1 : 0;
  if (byDatabase !== 0) return byDatabase;
  if (isFlat(a) && isFlat(b)) return a.sequence - b.sequence;
  return compareVersionText(a.version, b.version) || compareTotalsAfters(a.phase, b.phase) || a.sequence - b.sequence;
}

/** The files in the order in which they run. */
export function sortMigrationFiles<F extends Placed>(files: readonly F[]): readonly F[] {
  return [...files].sort(compareMigrationFiles);
}

/** No version sorts first: such a file belongs to no release yet. */
export function compareVersionText(a: string, b: string): number {
  if (a === '' || b === '') return a === b ? 0 : a === '' ? -1 : 1;
  return compareVersions(a, b);
}
