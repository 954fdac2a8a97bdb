import { PostgresError } from '../system/index.ts';
import type { Engine } from './engine.ts';
import { connectionLost, isConnectionLoss } from './errors.ts';
import type { MigrationFile } from './migration-file.ts';
import { watchProgress } from './progress.ts';
import type { PlannedStatement } from './statement-class.ts';
import { statementFailed } from './statement-error.ts';

export interface ConcurrentWork {
  readonly file: MigrationFile;
  readonly planned: PlannedStatement;
  /** What of the file stays in the database when this fails. */
  readonly kept: string;
  /** An earlier run has begun this statement and did not record its end. */
  readonly isResumed: boolean;
}

/** Runs it, telling its progress. A refusal of the server becomes an error with the statement's place. */
export async function runConcurrently(engine: Engine, work: ConcurrentWork, sql: string): Promise<void> {
  const { ddl } = engine.connections;
  const progress = watchProgress(engine, work.file.path);
  try {
    await ddl.query(sql);
  } catch (error) {
    engine.signal?.throwIfAborted();
    if (ddl.isLost || isConnectionLoss(error)) throw connectionLost(work.file.path, engine, false);
    if (!(error instanceof PostgresError)) throw error;
    const at = { file: work.file, statement: work.planned.statement };
    throw statementFailed(error, at, { progress: engine, kept: work.kept, isResumable: true });
  } finally {
    await progress.stop();
  }
}
