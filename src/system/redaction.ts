export interface Redaction {
  /**
   * Remembers a secret, and the password in it when it is a URL, so that no text that leaves the process shows them. Values shorter than six
   * characters are ignored: they would blank out ordinary words.
   */
  add(secret: string): void;
  /** The text with every known secret, and every password inside a URL, replaced by `***`. */
  apply(text: string): string;
}

const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)([^\s@/]+)@/gi;
const SHORTEST = 6;

export function createRedaction(): Redaction {
  const secrets = new Set<string>();
  return {
    add(secret) {
      const inside = [...secret.matchAll(URL_PASSWORD)].map(([, , password = '']) => decode(password));
      for (const one of [secret, ...inside])
        if (one.length >= SHORTEST) for (const way of writeDown(one)) secrets.add(way);
    },
    apply(text) {
      let result = text.replace(URL_PASSWORD, '$1***@');
      for (const secret of secrets) result = result.replaceAll(secret, '***');
      return result;
    },
  };
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
