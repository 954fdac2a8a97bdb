/** One entry of a tar, as its header says. */
export interface TarballEntry {
  /** `unreadable`: its line cannot be told, or its name is not UTF-8. */
  readonly kind: 'file' | 'folder' | 'link' | 'hard-link' | 'other' | 'unreadable';
  /** As it is written, also when it leads out of the tarball. */
  readonly path: string;
  /** What a link says. */
  readonly target: string;
  readonly bytes: number;
  /** It asks for the rights of its owner or its group. */
  readonly isPrivileged: boolean;
}

const KINDS: Readonly<Record<string, TarballEntry['kind']>> = { '-': 'file', d: 'folder', l: 'link', h: 'hard-link' };
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const LINE = new RegExp(String.raw`^(.)(.{9})\S* \S+ +([\d,]+) [^"]*${QUOTED}(?: (?:->|link to) ${QUOTED})?$`);

/** A line of `tar --list --verbose --quoting-style=c` in the locale C: it says every name without doubt. */
export function parseEntry(line: string): TarballEntry {
  const [, type = '', mode = '', size = '', quoted = '', quotedTarget = ''] = LINE.exec(line) ?? [];
  const [path, target] = [unquote(quoted), unquote(quotedTarget)];
  if (type === '' || path === undefined || target === undefined) {
    return { kind: 'unreadable', path: line, target: '', bytes: 0, isPrivileged: false };
  }
  return { kind: KINDS[type] ?? 'other', path, target, bytes: Number(size) || 0, isPrivileged: /[sS]/.test(mode) };
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** `undefined` when its bytes are not UTF-8: no name that is read here would be the one on disk. */
function unquote(quoted: string): string | undefined {
  const bytes = [...quoted.matchAll(/\\([0-7]{3})|\\(.)|([^\\])/g)].map(([, octal, escaped, plain = '']) => {
    if (octal !== undefined) return Number.parseInt(octal, 8);
    return escaped === undefined ? plain.charCodeAt(0) : (ESCAPES[escaped] ?? escaped.charCodeAt(0));
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
