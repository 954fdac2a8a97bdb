import { isCollection, isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { ConfigurationKey } from '../../model/index.ts';

export interface YamlText {
  readonly text: string;
  /** `undefined`: the text holds no key. */
  readonly root: YAMLMap | undefined;
}

/** One `key: value` where it stands. */
export interface YamlEntry {
  readonly parent: YAMLMap;
  readonly pair: Pair;
  readonly keyAt: readonly [number, number];
  readonly value: Node | undefined;
  /** Behind the last character of the value, before blanks and comments; of the key, where there is no value. */
  readonly contentEnd: number;
}

/** A text that was read without a problem before, and edited since. */
export function readYamlText(text: string): YamlText {
  const { contents } = parseDocument(text, { version: '1.2', merge: true });
  return { text, root: isMap(contents) ? contents : undefined };
}

/** The entry of a key that stands in the text itself, not one that a merge brings in. */
export function findEntry({ root, text }: YamlText, key: ConfigurationKey): YamlEntry | undefined {
  let parent: unknown = root;
  let found: YamlEntry | undefined;
  for (const segment of key) {
    found = isMap(parent) ? findIn(text, parent, segment) : undefined;
    if (!found) return undefined;
    parent = found.value;
  }
  return found;
}

export function listEntries(text: string, map: YAMLMap): readonly YamlEntry[] {
  return map.items.flatMap((pair) => {
    const key = isScalar(pair.key) ? pair.key.range : undefined;
    if (!key) return [];
    const value = (pair.value as Node | null) ?? undefined;
    const keyAt = [key[0], key[1]] as const;
    return [{ parent: map, pair, keyAt, value, contentEnd: contentEndOf(text, value) ?? key[1] }];
  });
}

export function nameOf({ pair }: YamlEntry): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

/** Where the line begins that an offset is in. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Where the line behind an offset begins; an offset at the start of a line stands behind what ends there. */
export function nextLine(text: string, at: number): number {
  if (text[at - 1] === '\n') return at;
  const newline = text.indexOf('\n', at);
  return newline === -1 ? text.length : newline + 1;
}

function findIn(text: string, map: YAMLMap, name: string): YamlEntry | undefined {
  return listEntries(text, map).find((entry) => nameOf(entry) === name);
}

/** A block collection ends with its last item; the parser counts the comments and blank lines behind it in. */
function contentEndOf(text: string, node: Node | undefined): number | undefined {
  if (!node?.range) return undefined;
  const [start, end] = node.range;
  if (isCollection(node) && !node.flow) {
    if (isMap(node)) return listEntries(text, node).at(-1)?.contentEnd ?? end;
    return contentEndOf(text, node.items.at(-1) as Node | undefined) ?? end;
  }
  return end > start ? end : undefined;
}
