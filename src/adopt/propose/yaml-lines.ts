/** Lines of a YAML file that explains itself: a key with its value, and above it the reason in a comment. */

const WIDTH = 120;
const PLAIN = /^[A-Za-z_./][A-Za-z0-9_./-]*$/;
/** Words that YAML reads as something else than text. */
const OTHER = /^(y|n|yes|no|on|off|true|false|null|~)$/i;

/** One line of a mapping. */
export function entry(indent: number, key: string, value: string | number): string {
  return `${' '.repeat(indent)}${key}: ${scalar(value)}`;
}

/** The key of a mapping whose entries stand below it. */
export function heading(indent: number, key: string): string {
  return `${' '.repeat(indent)}${key}:`;
}

export function listEntry(indent: number, key: string, values: readonly string[]): string {
  return `${' '.repeat(indent)}${key}: [${values.map(scalar).join(', ')}]`;
}

/** A comment of as many lines as it needs, each within the width of a page. */
export function comment(indent: number, text: string): readonly string[] {
  const start = `${' '.repeat(indent)}# `;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && start.length + longer.length > WIDTH) {
      lines.push(`${start}${line}`);
      line = word;
    } else line = longer;
  }
  return [...lines, `${start}${line}`];
}

export function scalar(value: string | number): string {
  const text = String(value);
  if (typeof value === 'number') return text;
  return PLAIN.test(text) && !OTHER.test(text) ? text : JSON.stringify(text);
}
