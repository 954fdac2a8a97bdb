/** One message of the server's log, as far as its format tells. */
export interface LogRecord {
  readonly state?: string;
  readonly message: string;
  readonly role?: string;
  readonly database?: string;
  readonly application?: string;
  readonly statement?: string;
}

/** Takes the log as it grows, piece by piece, and gives the messages that are whole. */
export interface LogParser {
  /** Pieces of one file, in order. */
  add(text: string): readonly LogRecord[];
}
