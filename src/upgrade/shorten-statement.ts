const SHOWN_LENGTH = 120;

/** A statement in one line, for people. */
export function shortenStatement(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length <= SHOWN_LENGTH ? line : `${line.slice(0, SHOWN_LENGTH - 1)}…`;
}
