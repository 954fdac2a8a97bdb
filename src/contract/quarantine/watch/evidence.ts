/** A way to see refused statements, and whether it could. */
export interface Layer {
  readonly name: 'server log' | 'sessions';
  readonly canSee: boolean;
  /** How it sees and what it may miss, or why it cannot see. */
  readonly description: string;
}

/** A statement that was refused, or that a session sent while what it names was in quarantine. */
export interface Refusal {
  /** By the clock of the database, when it was seen. */
  readonly seenAt: string;
  readonly seenIn: Layer['name'];
  readonly role?: string;
  readonly application?: string;
  /** Without its constants. */
  readonly statement?: string;
}

/** What is watched for. */
export interface Watched {
  /** Names of tables that are doomed or have doomed columns, partitions included. */
  readonly tables: readonly string[];
  /** Roles that lost nothing: what is refused to them is not our doing. */
  readonly unaffected: ReadonlySet<string>;
  readonly database: string;
}
