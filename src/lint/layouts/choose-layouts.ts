import type { FolderView, MigrationLayout } from './layout.ts';
import { MIGRATION_LAYOUTS } from './list.ts';
import { plainLayout } from './plain.ts';

/** A folder, or a part of it, with the layout that reads it. */
export interface RecognisedFolder {
  readonly layout: MigrationLayout;
  /** Stands before the view's paths: empty, or a folder with a slash at its end. */
  readonly prefix: string;
  readonly view: FolderView;
}

/** A layout of the whole tree, or one for each of its folders; files that no layout knows are read together as plain SQL. */
export function chooseLayouts(view: FolderView): readonly RecognisedFolder[] {
  const isKnown = (layout: MigrationLayout) => layout !== plainLayout;
  const whole = MIGRATION_LAYOUTS.find(
    (layout) => isKnown(layout) && layout.extent === 'tree' && layout.recognises(view),
  );
  if (whole) return [{ layout: whole, prefix: '', view }];
  const chosen: RecognisedFolder[] = [];
  const plain: string[] = [];
  for (const [prefix, paths] of groupByFolder(view.paths)) {
    const part = narrow(view, prefix, paths);
    const layout = MIGRATION_LAYOUTS.find((member) => member.extent === 'folder' && member.recognises(part));
    if (layout) chosen.push({ layout, prefix, view: part });
    else plain.push(...paths);
  }
  if (plain.length > 0) chosen.push({ layout: plainLayout, prefix: '', view: narrow(view, '', plain.sort()) });
  return chosen;
}

function groupByFolder(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const prefix = path.slice(0, path.lastIndexOf('/') + 1);
    const group = groups.get(prefix);
    if (group) group.push(path);
    else groups.set(prefix, [path]);
  }
  return groups;
}

function narrow(view: FolderView, prefix: string, paths: readonly string[]): FolderView {
  return {
    paths: paths.map((path) => path.slice(prefix.length)),
    textOf: (path) => view.textOf(prefix + path),
  };
}
