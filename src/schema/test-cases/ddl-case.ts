/** A change of the shop's schema, and what is to be said about it. */
export interface DdlCase {
  readonly sql: string;
  /** Impact, hazard, kind, name and what changed, one line each. */
  readonly changes: readonly string[];
  /** What is left after a database without the change was repaired to have it. */
  readonly notRepaired?: readonly string[];
  /** What is left after a database with the change was repaired not to have it. */
  readonly notUndone?: readonly string[];
}
