import type { FolderView, Placement } from './layout.ts';
import { padNumber } from './order.ts';

/** `<number>_<name>.sql`, with `.up` or without. */
const NUMBERED = /^(\d+)_.*\.sql$/i;

/** The number at the start of a file name; `undefined` when it has none, and for down files. */
export function numberOf(path: string): string | undefined {
  return isDown(path) ? undefined : NUMBERED.exec(path)?.[1];
}

export function isDown(path: string): boolean {
  return path.toLowerCase().endsWith('.down.sql');
}

export function isUp(path: string): boolean {
  return path.toLowerCase().endsWith('.up.sql');
}

/** Files whose names start with a number, in the order of the numbers. Other names are not migrations to these tools. */
export function placeNumbered(folder: FolderView): readonly Placement[] {
  return folder.paths.flatMap((path) => {
    const number = numberOf(path);
    if (number === undefined) return [];
    return [{ path, database: '', release: '', phase: undefined, order: padNumber(number), isNotx: false }];
  });
}
