import { isMap, isScalar, type YAMLMap } from 'yaml';
import type { ConfigurationKey } from '../../model/index.ts';
import { type Edit, lineEndOf, SECRET_MARK } from '../format.ts';
import { editFlow, type RenderInBraces } from './edit-flow.ts';
import { renderScalar } from './render-scalar.ts';
import {
  findEntry,
  lineStart,
  listEntries,
  nameOf,
  nextLine,
  readYamlText,
  type YamlEntry,
  type YamlText,
} from './yaml-text.ts';

/** Indentation of a nested mapping where the text shows none. */
const STEP = 2;

/** Splices of the text; whoever asks compares what the result says with what was meant. */
export function editYaml(file: YamlText, edit: Edit): string | undefined {
  switch (edit.kind) {
    case 'add':
      return insert(file, edit.key, {
        lines: (indent, name) => [
          `${' '.repeat(indent)}# ${edit.comment}`,
          `${' '.repeat(indent)}${name}: ${renderScalar(edit.value)}`,
        ],
        flow: (name, render) => `${name}: ${render(edit.value)}`,
      });
    case 'remove':
      return remove(file, edit.key);
    case 'rename':
      return rename(file, edit);
  }
}

/** Values of secret keys, and all that is inside of them. */
export function maskYaml({ text, root }: YamlText, isSecret: (key: ConfigurationKey) => boolean): string {
  const ranges: (readonly [number, number])[] = [];
  const visit = (map: YAMLMap, above: ConfigurationKey) => {
    for (const entry of listEntries(text, map)) {
      const key = [...above, nameOf(entry)];
      if (isMap(entry.value) && !entry.value.flow && !isSecret(key)) visit(entry.value, key);
      else if (isSecret(key) || (isMap(entry.value) && hasSecretInside(entry.value, key)))
        ranges.push(valueRange(text, entry));
    }
  };
  const hasSecretInside = (map: YAMLMap, above: ConfigurationKey): boolean =>
    listEntries(text, map).some((entry) => {
      const key = [...above, nameOf(entry)];
      return isSecret(key) || (isMap(entry.value) && hasSecretInside(entry.value, key));
    });
  if (root) {
    if (root.flow && hasSecretInside(root, [])) return SECRET_MARK;
    visit(root, []);
  }
  let masked = '';
  let at = 0;
  for (const [from, to] of ranges) {
    masked += `${text.slice(at, from)} ${SECRET_MARK}`;
    at = to;
  }
  return masked + text.slice(at);
}

/** From behind the colon to the end of the value's last line, without its line end. */
function valueRange(text: string, entry: YamlEntry): readonly [number, number] {
  const colon = text.indexOf(':', entry.keyAt[1]) + 1;
  const next = nextLine(text, Math.max(colon, entry.contentEnd));
  const [lineEnd = ''] = /\r?\n?$/.exec(text.slice(0, next)) ?? [];
  return [colon, Math.max(colon, next - lineEnd.length)];
}

interface NewEntry {
  readonly lines: (indent: number, name: string) => readonly string[];
  /** `undefined`: it cannot stand in braces. */
  readonly flow: RenderInBraces | undefined;
  /** Where it was: the new place is behind what held it, where that is in the same mapping. */
  readonly from?: ConfigurationKey;
}

/** Behind the last entry of the innermost mapping that is there; the mappings that are missing are made. */
function insert(file: YamlText, key: ConfigurationKey, entry: NewEntry): string | undefined {
  let depth = key.length - 1;
  let above = findEntry(file, key.slice(0, depth));
  while (depth > 0 && !above) {
    depth -= 1;
    above = findEntry(file, key.slice(0, depth));
  }
  const map = depth === 0 ? file.root : isMap(above?.value) ? above.value : undefined;
  const missing = key.slice(depth);
  if (map?.flow) return entry.flow && editFlow(file.text, map, { add: missing, render: entry.flow });
  if (map && map.items.length > 0) {
    const entries = listEntries(file.text, map);
    const first = entries[0];
    const holder = findHolder(file, key.slice(0, depth), entry.from);
    const last = holder ?? entries.at(-1);
    if (!last || !first) return undefined;
    const indent = first.keyAt[0] - lineStart(file.text, first.keyAt[0]);
    return insertLines(file.text, nextLine(file.text, last.contentEnd), nest(file, missing, { entry, indent }));
  }
  if (depth === 0) return insertLines(file.text, file.text.length, nest(file, missing, { entry, indent: 0 }));
  // A key without a value becomes a mapping.
  const isNull = above && (above.value === undefined || (isScalar(above.value) && above.value.value === null));
  if (!above || !isNull || above.contentEnd > above.keyAt[1]) return undefined;
  const indent = above.keyAt[0] - lineStart(file.text, above.keyAt[0]) + stepOf(file);
  return insertLines(file.text, nextLine(file.text, above.keyAt[1]), nest(file, missing, { entry, indent }));
}

/** The entry of a mapping in which another key is; `undefined` when it is somewhere else. */
function findHolder(file: YamlText, map: ConfigurationKey, key: ConfigurationKey | undefined): YamlEntry | undefined {
  const isInside = key !== undefined && map.every((segment, index) => segment === key[index]);
  return isInside ? findEntry(file, key.slice(0, map.length + 1)) : undefined;
}

function nest(
  file: YamlText,
  missing: ConfigurationKey,
  { entry, indent }: { readonly entry: NewEntry; readonly indent: number },
): readonly string[] {
  const step = stepOf(file);
  const outer = missing.slice(0, -1).map((name, level) => `${' '.repeat(indent + level * step)}${renderScalar(name)}:`);
  return [...outer, ...entry.lines(indent + outer.length * step, renderScalar(missing.at(-1) ?? ''))];
}

function insertLines(text: string, at: number, lines: readonly string[]): string {
  const lineEnd = lineEndOf(text);
  const added = lines.join(lineEnd);
  const before = text.slice(0, at);
  if (before !== '' && !before.endsWith('\n')) return `${before}${lineEnd}${added}${text.slice(at)}`;
  return `${before}${added}${lineEnd}${text.slice(at)}`;
}

/** By how much the first nested mapping of the text is indented. */
function stepOf({ text, root }: YamlText): number {
  for (const { keyAt, value } of root ? listEntries(text, root) : []) {
    const inner = isMap(value) && !value.flow ? listEntries(text, value)[0] : undefined;
    if (inner) return inner.keyAt[0] - lineStart(text, inner.keyAt[0]) - (keyAt[0] - lineStart(text, keyAt[0]));
  }
  return STEP;
}

/** The outermost mapping that is left empty goes as a whole. */
function remove(file: YamlText, key: ConfigurationKey): string | undefined {
  let length = key.length;
  while (length > 1 && findEntry(file, key.slice(0, length))?.parent.items.length === 1) length -= 1;
  const entry = findEntry(file, key.slice(0, length));
  if (!entry) return undefined;
  const { text } = file;
  if (entry.parent.flow) return editFlow(text, entry.parent, { remove: nameOf(entry) });
  return text.slice(0, lineStart(text, entry.keyAt[0])) + text.slice(nextLine(text, entry.contentEnd));
}

function rename(file: YamlText, { key, to }: Extract<Edit, { kind: 'rename' }>): string | undefined {
  const entry = findEntry(file, key);
  if (!entry) return undefined;
  const { text } = file;
  const isInPlace = key.length === to.length && key.slice(0, -1).every((segment, index) => segment === to[index]);
  if (isInPlace) {
    const name = to.at(-1) ?? '';
    const isQuoted = text[entry.keyAt[0]] === '"';
    return (
      text.slice(0, entry.keyAt[0]) +
      (isQuoted ? JSON.stringify(name) : renderScalar(name)) +
      text.slice(entry.keyAt[1])
    );
  }
  if (entry.parent.flow) return undefined;
  const start = lineStart(text, entry.keyAt[0]);
  const indent = entry.keyAt[0] - start;
  const source = text.slice(entry.keyAt[1], nextLine(text, entry.contentEnd)).replace(/\r?\n$/, '');
  const taken = source.split(/\r?\n/);
  return moveTo(file, { key, to, indent, taken });
}

/** The entry's own lines stand at the new place, indented as that wants it, before the old place is cleared. */
function moveTo(
  file: YamlText,
  move: {
    readonly key: ConfigurationKey;
    readonly to: ConfigurationKey;
    readonly indent: number;
    readonly taken: readonly string[];
  },
): string | undefined {
  const [first = '', ...others] = move.taken;
  const lines = (indent: number, name: string) => [
    `${' '.repeat(indent)}${name}${first}`,
    ...others.map((line) => shift(line, indent - move.indent)),
  ];
  const moved = insert(file, move.to, { lines, flow: undefined, from: move.key });
  return moved === undefined ? undefined : remove(readYamlText(moved), move.key);
}

function shift(line: string, by: number): string {
  if (by >= 0) return line.trim() === '' ? line : ' '.repeat(by) + line;
  const blanks = /^ */.exec(line)?.[0].length ?? 0;
  return line.slice(Math.min(blanks, -by));
}
