import type { Digest, MigrationPhase } from '../model/index.ts';

/** One migration that is in the database. */
export interface LedgerRow {
  readonly id: string;
  readonly database: string;
  readonly release: string;
  readonly version: string;
  readonly phase: MigrationPhase;
  readonly sequence: number;
  readonly name: string;
  readonly path: string;
  readonly checksum: Digest;
  readonly fingerprint: Digest;
  readonly transactional: boolean;
  readonly finishedAt: string;
}

/** A statement of a file without a transaction that was begun, and maybe finished, by a run that did not finish the file. */
export interface LedgerStatement {
  readonly migration: string;
  readonly ordinal: number;
  readonly fingerprint: Digest;
  readonly state: 'intent' | 'done';
}
