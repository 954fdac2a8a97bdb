import type { IdentityKind, SameObject } from '../identity.ts';
import { parseParts, readableName, splitRoutineKey } from '../qualified-name.ts';
import type { Named, Schema } from '../schema.ts';

interface Renaming {
  readonly before: string;
  readonly after: string;
}

/**
 * The schema before with the names that its objects have after: in definitions, types, defaults and references, not in the objects' own names.
 * A rename is then one difference, and not one wherever the name is used.
 */
export function withNewNames(before: Schema, after: Schema, isSame: SameObject): Schema {
  const renamings = [
    ...renamingsOf('relation', before.tables, { after: after.tables, isSame }),
    ...renamingsOf('relation', before.views, { after: after.views, isSame }),
    ...renamingsOf('relation', before.sequences, { after: after.sequences, isSame }),
    ...renamingsOf('type', before.types, { after: after.types, isSame }),
    ...renamingsOf('routine', before.routines, { after: after.routines, isSame }).map(withoutArguments),
  ];
  return renamings.length === 0 ? before : (rewrite(before, renamings) as Schema);
}

function renamingsOf(
  kind: IdentityKind,
  before: Named<unknown>,
  { after, isSame }: { readonly after: Named<unknown>; readonly isSame: SameObject },
): readonly Renaming[] {
  const added = Object.keys(after).filter((key) => before[key] === undefined);
  return Object.keys(before)
    .filter((key) => after[key] === undefined)
    .flatMap((key) =>
      added.filter((other) => isSame(kind, key, other)).map((other) => ({ before: key, after: other })),
    );
}

function withoutArguments({ before, after }: Renaming): Renaming {
  return { before: splitRoutineKey(before)[0], after: splitRoutineKey(after)[0] };
}

/** Goes through all values; keys stay, for they are what is matched. */
function rewrite(value: unknown, renamings: readonly Renaming[]): unknown {
  if (typeof value === 'string') return renamings.reduce(replaceName, value);
  if (Array.isArray(value)) return value.map((item) => rewrite(item, renamings));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item, renamings)]));
}

function replaceName(text: string, { before, after }: Renaming): string {
  const bare = (name: string) => `${readableName(parseParts(name)[1] ?? '')}.`;
  if (!text.includes(before)) return text;
  const renamed = replaceWord(text, before, after);
  // A query names the columns of a table by its bare name.
  return text.trimStart().startsWith('SELECT') ? replaceWord(renamed, bare(before), bare(after)) : renamed;
}

/** Only where the word is not a part of a longer name. */
function replaceWord(text: string, word: string, by: string): string {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const end = word.endsWith('.') ? '' : '(?![A-Za-z0-9_$"])';
  return text.replace(new RegExp(`(?<![A-Za-z0-9_$".])${escaped}${end}`, 'g'), () => by);
}
