/** What a thing is, by its bytes. Version strings are for people; identities are compared. */
export type Digest = `sha256:${string}`;

export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The first twelve hex digits, for display only. */
export function shortDigest(digest: Digest): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
