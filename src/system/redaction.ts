export interface Redaction {
  /** Remembers a secret so that no text that leaves the process shows it. Values shorter than six characters are ignored: they would blank out ordinary words. */
  add(secret: string): void;
  /** The text with every known secret, and every password inside a URL, replaced by `***`. */
  apply(text: string): string;
}

const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+@/gi;

export function createRedaction(): Redaction {
  const secrets = new Set<string>();
  return {
    add(secret) {
      if (secret.length < 6) return;
      secrets.add(secret);
      secrets.add(encodeURIComponent(secret));
    },
    apply(text) {
      let result = text.replace(URL_PASSWORD, '$1***@');
      for (const secret of secrets) result = result.replaceAll(secret, '***');
      return result;
    },
  };
}
