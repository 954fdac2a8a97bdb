/** What a role other than the owner may do. */
export interface Grant {
  /** A role's name, or `PUBLIC`. */
  readonly grantee: string;
  /** Sorted, such as `INSERT` and `SELECT`. */
  readonly privileges: readonly string[];
  /** Those that the grantee may pass on. */
  readonly grantable: readonly string[];
}
