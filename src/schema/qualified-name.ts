import { quoteName } from '../sql/index.ts';

/** A name as people read it: quoted only when it would otherwise be another one. Keywords stay bare, so that it is the same on every server version. */
export function readableName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteName(name);
}

export function qualifiedName(schema: string, name: string): string {
  return `${readableName(schema)}.${readableName(name)}`;
}

export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** Takes apart what `qualifiedName` made, and parts that were added with dots. */
export function parseParts(text: string): readonly string[] {
  return [...text.matchAll(/"((?:[^"]|"")*)"|([^."]+)/g)].map(
    ([, quoted, bare]) => bare ?? (quoted ?? '').replaceAll('""', '"'),
  );
}

/** Takes the key of a routine apart into its qualified name and its types in parentheses. */
export function splitRoutineKey(key: string): readonly [name: string, types: string] {
  const name = /^(?:"(?:[^"]|"")*"|[^."]+)\.(?:"(?:[^"]|"")*"|[^("]+)/.exec(key)?.[0] ?? key;
  return [name, key.slice(name.length)];
}

/** For SQL: every part quoted. */
export function quoteQualified({ schema, name }: QualifiedName): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}
