import type { SchemaChange } from './change.ts';

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/**
 * The changes as people read them: a heading for every table, view or other object, under it a line for each change with its sign (`+`, `-`,
 * `~`), and what it means to old clients unless it means nothing. Longer texts are compared line by line. Empty without changes.
 */
export function renderSchemaChanges(changes: readonly SchemaChange[]): string {
  const groups = new Map<string, SchemaChange[]>();
  for (const change of changes) {
    const heading = headingOf(change);
    groups.set(heading, [...(groups.get(heading) ?? []), change]);
  }
  return [...groups]
    .map(([heading, own]) => `${heading}\n${own.map((change) => indent(renderChange(change), '  ')).join('\n')}\n`)
    .join('\n');
}

function headingOf(change: SchemaChange): string {
  return change.of ?? change.name;
}

function renderChange(change: SchemaChange): string {
  const name = change.of === null ? '' : ` ${change.name.slice(change.of.length + 1)}`;
  const meaning = change.impact === 'none' ? '' : ` [${change.impact}: ${change.reason}]`;
  const head = `${SIGNS[change.change]} ${change.kind}${name}`;
  switch (change.change) {
    case 'added':
      return `${head}: ${change.after}${meaning}`;
    case 'removed':
      return `${head}: ${change.before}${meaning}`;
    case 'changed': {
      if (!change.before.includes('\n') && !change.after.includes('\n'))
        return `${head}: ${change.property} ${change.before} -> ${change.after}${meaning}`;
      return `${head}: ${change.property}${meaning}\n${indent(renderLines(change.before, change.after), '  ')}`;
    }
  }
}

/** Lines that are in only one of two texts, with two lines around them. */
function renderLines(before: string, after: string): string {
  const [one, other] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < one.length - start && end < other.length - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const around = 2;
  return [
    ...one.slice(Math.max(0, start - around), start).map((line) => `  ${line}`),
    ...one.slice(start, one.length - end).map((line) => `- ${line}`),
    ...other.slice(start, other.length - end).map((line) => `+ ${line}`),
    ...one.slice(one.length - end, one.length - end + around).map((line) => `  ${line}`),
  ].join('\n');
}

function indent(text: string, by: string): string {
  return text.replace(/^/gm, by);
}
