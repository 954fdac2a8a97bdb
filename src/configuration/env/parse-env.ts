import type { Finding } from '../../model/index.ts';
import { createLocator } from '../../system/index.ts';
import type { ParsedText, TextSource } from '../format.ts';
import { editEnv, maskEnv } from './edit-env.ts';
import { type EnvEntry, readEntry } from './env-entry.ts';
import { interpolate } from './interpolate.ts';

/**
 * Reads an env file as Docker Compose does: comments, `export`, unquoted, single and double quotes over several lines, escapes and
 * `${…}` from the keys above. What Compose would guess at is a finding: a key that stands twice, one without a value, and a reference to
 * what the file does not set.
 */
export function parseEnv({ path, text }: TextSource): ParsedText {
  const place = createLocator(text);
  const findings: Finding[] = [];
  const report = (code: string, at: number, message: string, hint?: string) =>
    findings.push({
      code,
      severity: 'error',
      message,
      position: { file: path, ...place(at) },
      ...(hint === undefined ? {} : { hint }),
    });
  const entries: EnvEntry[] = [];
  if (text.includes('\0')) report('configuration.syntax', text.indexOf('\0'), 'holds a zero byte');
  const settings: Record<string, string> = Object.create(null);
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length; ) {
    const read = readEntry(text, at);
    at = read.end;
    if (read.kind === 'nothing') continue;
    if (read.kind === 'problem') {
      report('configuration.syntax', read.at, read.message);
      continue;
    }
    const { entry } = read;
    const earlier = entries.find(({ key }) => key === entry.key);
    entries.push(entry);
    if (earlier) {
      const line = place(earlier.keyAt[0]).line;
      report(
        'configuration.duplicate-key',
        entry.keyAt[0],
        `${entry.key} stands twice, first in line ${line}`,
        'Keep the one that is meant.',
      );
      continue;
    }
    const value = entry.isLiteral ? { text: entry.value } : interpolate(entry.value, settings);
    settings[entry.key] = value.text;
    for (const name of value.unknown ?? [])
      report(
        'configuration.unknown-reference',
        entry.valueAt[0],
        `${entry.key} refers to ${name}, which the file does not set above it`,
        "Write '…' in single quotes, or $$, where a dollar sign is meant.",
      );
  }
  const whole = { text, entries };
  const positionOf = (name: string) => ({
    file: path,
    ...place(entries.find((entry) => entry.key === name)?.keyAt[0] ?? 0),
  });
  return {
    findings,
    settings,
    locate: ([name = '']) => positionOf(name),
    edit: (edit) => editEnv(whole, edit),
    mask: (isSecret) => maskEnv(whole, isSecret),
  };
}
