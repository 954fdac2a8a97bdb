import { isOutsideTransaction, mayCommit, transactionControl } from '../../sql/index.ts';
import type { SqlStatement, System } from '../../system/index.ts';
import { NO_EFFECTS } from '../effects/effects.ts';
import type { LintFile } from '../lint-file.ts';
import { attempt } from './attempt.ts';
import { type Keeping, measureStatement, UNMEASURED } from './measure-statement.ts';
import type { StatementMeasurement } from './measurement.ts';
import type { MeasuringSession } from './measuring-session.ts';
import { whyNotRun } from './reach.ts';
import { recover } from './recover.ts';

export interface FileWork {
  readonly file: LintFile;
  /** The server is ours alone. */
  readonly isEmbedded: boolean;
  readonly rowsPerTable: number;
}

/**
 * Runs a file as the engine would, in one transaction or statement by statement, and measures each statement. One that fails is left out, and
 * the file goes on, so that as much as possible is known of it. It commits.
 */
export async function measureFile(
  system: System,
  measuring: MeasuringSession,
  work: FileWork,
): Promise<readonly StatementMeasurement[]> {
  const { file } = work;
  const measured: StatementMeasurement[] = [];
  if (file.isTransactional) await measuring.session.query('begin');
  for (const [index, statement] of file.statements.entries()) {
    const result = await measureOne(system, measuring, { ...work, statement });
    measured.push({ file: file.path, index, line: statement.line, ...result });
  }
  if (!file.isTransactional) return measured;
  const failure = await attempt(measuring.session, 'commit');
  const last = measured.at(-1);
  return failure && last ? [...measured.slice(0, -1), { ...last, error: failure }] : measured;
}

async function measureOne(
  system: System,
  measuring: MeasuringSession,
  work: FileWork & { readonly statement: SqlStatement },
): Promise<Omit<StatementMeasurement, 'file' | 'index' | 'line'>> {
  const { statement, file } = work;
  const reason = whyNotRun(statement.node, work);
  if (reason !== undefined) {
    // Begin and commit around a file mean what the engine does anyway.
    const control = transactionControl(statement);
    const isWrapper = file.isTransactional && (control === 'begin' || control === 'commit');
    return { ...UNMEASURED, effects: { ...NO_EFFECTS, unknown: isWrapper ? [] : [reason] } };
  }
  const isAlone = !file.isTransactional && (isOutsideTransaction(statement.node) || mayCommit(statement.node));
  const measureWith = async (keeping: Keeping) => {
    const first = await measureStatement(system, measuring, { statement, keeping });
    return first.error ? recover(system, measuring, { ...work, keeping, first }) : first;
  };
  if (isAlone) return measureWith('kept');
  if (file.isTransactional) return measureWith('joined');
  await measuring.session.query('begin');
  const measured = await measureWith('joined');
  const failure = await attempt(measuring.session, 'commit');
  return failure ? { ...measured, error: failure } : measured;
}
