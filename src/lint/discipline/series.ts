import { findLayout } from '../layouts/list.ts';
import type { LintFile } from '../lint-file.ts';
import type { ShippedFile } from './shipped.ts';

/** What the place of a file in the order is told from. */
export type NumberedFile = Pick<LintFile, 'path' | 'layout' | 'database' | 'release' | 'order' | 'isShipped'>;

/** Folders of a path that belong to the layout; a tree of Flyway may have any. */
function depthOf({ layout }: Pick<LintFile, 'layout'>): number | undefined {
  if (layout === 'flyway' || layout === 'plain') return undefined;
  return layout === 'onward' ? 3 : layout === 'prisma' || layout === 'diesel' ? 2 : 1;
}

function folderOf(file: NumberedFile): string {
  const depth = depthOf(file);
  return depth === undefined ? '' : file.path.split('/').slice(0, -depth).join('/');
}

/** Files with the same key are numbered together. */
export function seriesOf(file: NumberedFile): string {
  return JSON.stringify([file.layout, file.database, folderOf(file)]);
}

/**
 * Shipped files that were not read, because only some files were given or they are gone, with their places in the order; as far as their
 * names tell.
 */
export function placeAbsent(files: readonly LintFile[], shipped: readonly ShippedFile[]): readonly NumberedFile[] {
  const read = new Set(files.map(({ path }) => path));
  const absent = shipped.filter(({ path }) => !read.has(path));
  if (absent.length === 0) return [];
  const examples = new Map(files.map((file) => [seriesOf(file), file]));
  return absent.flatMap(({ path }) => {
    for (const example of examples.values()) {
      const placed = placeLike(example, path);
      if (placed) return [placed];
    }
    return [];
  });
}

function placeLike(example: LintFile, path: string): NumberedFile | undefined {
  const folder = folderOf(example);
  const prefix = folder === '' ? '' : `${folder}/`;
  const name = path.slice(prefix.length);
  const depth = depthOf(example);
  if (!path.startsWith(prefix) || (depth !== undefined && name.split('/').length !== depth)) return undefined;
  const { layout, database } = example;
  const [placement] = findLayout(layout).place({ paths: [name], textOf: () => undefined }).placements;
  if (!placement) return undefined;
  return { path, layout, database, release: placement.release, order: placement.order, isShipped: true };
}
