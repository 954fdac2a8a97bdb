import type { YAMLMap } from 'yaml';
import type { ConfigurationKey } from '../../model/index.ts';
import { lineEndOf } from '../format.ts';
import { renderScalar } from './render-scalar.ts';
import { lineStart, listEntries, nameOf } from './yaml-text.ts';

/** `render` writes a name or a value as the mapping around it does. */
export type RenderInBraces = (name: string, render: (value: string | number | boolean) => string) => string;

export type FlowEdit =
  | { readonly remove: string }
  /** The last segment is rendered by the caller, the ones before become mappings. */
  | { readonly add: ConfigurationKey; readonly render: RenderInBraces };

/** A mapping in braces, of one line or of several, JSON included. Only what lies between two entries and one of them is touched. */
export function editFlow(text: string, map: YAMLMap, edit: FlowEdit): string | undefined {
  const entries = listEntries(text, map);
  const [first] = entries;
  const last = entries.at(-1);
  if ('remove' in edit) {
    const index = entries.findIndex((entry) => nameOf(entry) === edit.remove);
    const [before, own, next] = [entries[index - 1], entries[index], entries[index + 1]];
    if (!own) return undefined;
    const from = next || !before ? own.keyAt[0] : before.contentEnd;
    const to = next ? next.keyAt[0] : own.contentEnd;
    // A comment would go with it.
    return text.slice(from, to).includes('#') ? undefined : text.slice(0, from) + text.slice(to);
  }
  const isJson = first !== undefined && text[first.keyAt[0]] === '"';
  const render = isJson ? (value: string | number | boolean) => JSON.stringify(value) : renderScalar;
  const inner = edit.render(render(edit.add.at(-1) ?? ''), render);
  const rendered = edit.add.slice(0, -1).reduceRight((nested, segment) => `${render(segment)}: { ${nested} }`, inner);
  if (!first || !last || !map.range) {
    const [start, end] = map.range ?? [0, 0];
    return `${text.slice(0, start)}{ ${rendered} }${text.slice(end)}`;
  }
  const start = lineStart(text, first.keyAt[0]);
  const isOnOwnLine = text.slice(start, first.keyAt[0]).trim() === '';
  const separator = isOnOwnLine ? lineEndOf(text) + text.slice(start, first.keyAt[0]) : ' ';
  return `${text.slice(0, last.contentEnd)},${separator}${rendered}${text.slice(last.contentEnd)}`;
}
