/** What a file's bytes say, or why they are no text that Postgres takes. */
export type DecodedText =
  | { readonly text: string; readonly hasMark: boolean }
  | { readonly problem: 'encoding'; readonly looksLike: string; readonly iconvName: string; readonly before: string }
  | { readonly problem: 'nul'; readonly before: string };

/** `before` is the text in front of the first byte that is wrong, for its line and column. A byte order mark of UTF-8 is taken off. */
export function decodeText(bytes: Buffer): DecodedText {
  const wide = findWideEncoding(bytes);
  if (wide) return { problem: 'encoding', before: '', ...wide };
  const nul = bytes.indexOf(0);
  const text = bytes.toString('utf8');
  if (nul !== -1) return { problem: 'nul', before: bytes.toString('utf8', 0, nul) };
  if (text.includes('\uFFFD') && !bytes.equals(Buffer.from(text))) {
    return { problem: 'encoding', before: textBeforeBadByte(bytes, text), ...guessNarrowEncoding(bytes) };
  }
  const hasMark = text.startsWith('\uFEFF');
  return { text: hasMark ? text.slice(1) : text, hasMark };
}

interface Encoding {
  readonly looksLike: string;
  readonly iconvName: string;
}

/** A mark says it; without one, SQL in UTF-16 has a zero in every second byte. */
function findWideEncoding(bytes: Buffer): Encoding | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { looksLike: 'UTF-32', iconvName: 'UTF-32' };
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return { looksLike: 'UTF-16', iconvName: 'UTF-16' };
  const head = bytes.subarray(0, 1000);
  if (head.length < 4 || !head.includes(0)) return undefined;
  const zeros = [0, 0];
  for (const [index, byte] of head.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const many = head.length * 0.4;
  if (odd > many && even === 0) return { looksLike: 'UTF-16 (little endian)', iconvName: 'UTF-16LE' };
  if (even > many && odd === 0) return { looksLike: 'UTF-16 (big endian)', iconvName: 'UTF-16BE' };
  return undefined;
}

/** Windows-1252 has letters and quotes where Latin-1 has control characters. */
function guessNarrowEncoding(bytes: Buffer): Encoding {
  const isWindows = bytes.some((byte) => byte >= 0x80 && byte <= 0x9f);
  return isWindows
    ? { looksLike: 'Windows-1252', iconvName: 'WINDOWS-1252' }
    : { looksLike: 'Latin-1 (ISO 8859-1)', iconvName: 'ISO-8859-1' };
}

function textBeforeBadByte(bytes: Buffer, text: string): string {
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', at + 1)) {
    const before = text.slice(0, at);
    const start = Buffer.byteLength(before);
    // The replacement character may have been written as such.
    if (!bytes.subarray(start, start + 3).equals(Buffer.from('\uFFFD'))) return before;
  }
  return text;
}
