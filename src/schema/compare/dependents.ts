import { readableName } from '../qualified-name.ts';
import type { Schema, View } from '../schema.ts';

/** Looks up the views that stand on something. */
export function findDependents(before: Schema, after: Schema): (name: string) => readonly View[] {
  const readers = new Map<string, string[]>();
  for (const [key, { reads }] of Object.entries(before.views))
    for (const name of reads) readers.set(name, [...(readers.get(name) ?? []), key]);
  return (name) => {
    const found = new Set<string>();
    const visit = (read: string): void => {
      for (const key of readers.get(read) ?? []) {
        if (found.has(key)) continue;
        found.add(key);
        visit(key);
        for (const column of before.views[key]?.columns ?? []) visit(`${key}.${readableName(column.name)}`);
      }
    };
    visit(name);
    return [...found].flatMap((key) => after.views[key] ?? []);
  };
}
