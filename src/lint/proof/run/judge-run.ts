import { describeFailure } from '../prepare-trials.ts';
import type { Verdict } from '../report.ts';
import type { RunTrialResult } from './run-trials.ts';

const NO_SUCH_PARENT = '23503';

/** The verdict once a statement was run, from the one that planning gave. */
export function judgeRun(planned: Verdict, { broken, failure, isWrite, emptyTables }: RunTrialResult): Verdict {
  if (broken?.sqlState === NO_SUCH_PARENT && emptyTables.length > 0) {
    const why = `no row could be made for ${emptyTables.join(' and ')} on the schema after, which it needs`;
    return { kind: 'not provable', why };
  }
  if (broken) return { kind: 'breaks', ...broken, stage: 'run' };
  if (!failure || !isWrite || planned.kind !== 'same') return planned;
  const why = `no generated values make it succeed on the schema before: ${describeFailure(failure)}`;
  return { kind: 'not provable', why };
}
