import type { ConfigurationKey } from '../../model/index.ts';
import { type Edit, lineEndOf, SECRET_MARK } from '../format.ts';
import type { EnvEntry } from './env-entry.ts';

interface EnvText {
  readonly text: string;
  readonly entries: readonly EnvEntry[];
}

/** A variable has a name of one segment; a path cannot stand in an env file. */
export function editEnv(file: EnvText, edit: Edit): string | undefined {
  const names = edit.kind === 'rename' ? [edit.key, edit.to] : [edit.key];
  if (!names.every((key) => key.length === 1 && /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key[0] ?? ''))) return undefined;
  const [name = ''] = edit.key;
  if (edit.kind === 'add')
    return addEntry(file.text, `# ${edit.comment}`, `${name}=${renderValue(String(edit.value))}`);
  const entry = file.entries.find(({ key }) => key === name);
  if (!entry) return undefined;
  const { text } = file;
  const [from, to] = edit.kind === 'remove' ? entry.linesAt : entry.keyAt;
  return `${text.slice(0, from)}${edit.kind === 'remove' ? '' : edit.to[0]}${text.slice(to)}`;
}

export function maskEnv({ text, entries }: EnvText, isSecret: (key: ConfigurationKey) => boolean): string {
  let masked = '';
  let at = 0;
  for (const { key, valueAt } of entries) {
    if (!isSecret([key])) continue;
    masked += `${text.slice(at, valueAt[0])}${SECRET_MARK}`;
    at = valueAt[1];
  }
  return masked + text.slice(at);
}

/** At the end, behind what all other values may refer to. A file without a last line end keeps being one. */
function addEntry(text: string, ...lines: readonly string[]): string {
  const lineEnd = lineEndOf(text);
  const added = lines.join(lineEnd);
  return text === '' || text.endsWith('\n') ? `${text}${added}${lineEnd}` : `${text}${lineEnd}${added}`;
}

/** Without quotes where nobody could read it in another way; in single ones where that is enough. */
function renderValue(value: string): string {
  if (/^[A-Za-z0-9_.,:/@%+=-]*$/.test(value)) return value;
  if (!/['\\\r\n]/.test(value)) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}
