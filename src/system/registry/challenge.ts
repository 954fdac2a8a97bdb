/** What a server asks for in `WWW-Authenticate`. */
export interface Challenge {
  /** In small letters: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in small letters. */
  readonly parameters: { readonly [name: string]: string };
}

/** A word; and if an equals sign follows, a value in quotes or without. */
const PIECE = /[\s,]*([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y;

/** All challenges of a `WWW-Authenticate` header (RFC 9110, 11.6.1). What cannot be read ends the list; it is never an error. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: { [name: string]: string } }[] = [];
  PIECE.lastIndex = 0;
  for (let piece = PIECE.exec(header); piece; piece = PIECE.exec(header)) {
    const [, word = '', quoted, plain] = piece;
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    const current = challenges.at(-1);
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), parameters: {} });
    else if (current) current.parameters[word.toLowerCase()] = value;
  }
  return challenges;
}
