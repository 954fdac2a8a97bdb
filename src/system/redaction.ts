export interface Redaction {
  /**
   * Remembers a secret, and the password in it when it is a URL, so that no text that leaves the process shows them. Values shorter than six
   * characters are ignored: they would blank out ordinary words.
   */
  add(secret: string): void;
  /** The text with every known secret, and every password inside a URL, replaced by `***`. */
  apply(text: string): string;
}

/** It begins where the scheme does, so that a long text without any URL is looked at once and not from each of its letters anew. */
const URL_PASSWORD = /(?<![a-z0-9+.-])([a-z0-9+.-]+:\/\/[^\s:/@]*:)([^\s@/]+)@/gi;
const SHORTEST = 6;
/** A line of a key or a certificate; shorter ones may be words. */
const SHORTEST_LINE = 16;

export function createRedaction(): Redaction {
  const secrets = new Set<string>();
  return {
    add(secret) {
      const inside = [...secret.matchAll(URL_PASSWORD)].map(([, , password = '']) => decode(password));
      for (const one of [secret, ...inside, ...linesOf(secret)])
        if (one.length >= SHORTEST) for (const way of writeDown(one)) secrets.add(way);
    },
    apply(text) {
      let result = text.replace(URL_PASSWORD, '$1***@');
      for (const secret of secrets) result = result.replaceAll(secret, '***');
      return result;
    },
  };
}

/** What may be shown line by line, of a secret that has several. */
function linesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/);
  return lines.length === 1 ? [] : lines.filter((line) => line.length >= SHORTEST_LINE);
}

/** As it is, in a URL, in JSON, and in JSON within JSON: an answer in JSON that is quoted in a record. */
function writeDown(secret: string): readonly string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [secret, encodeURIComponent(secret), quoted, JSON.stringify(quoted).slice(1, -1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
