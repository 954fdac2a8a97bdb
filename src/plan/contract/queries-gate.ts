import {
  type ContractDatabaseFact,
  type ContractFacts,
  formatCount,
  type Gate,
  type StatementsFact,
} from '../../model/index.ts';
import { contractGate, describeSpan, listFirst } from './contract-gate.ts';

/** Nothing that clients have asked since the deploy needs what goes. */
export function queriesGate(
  { name, statements }: ContractDatabaseFact,
  { now, upTo }: Pick<ContractFacts, 'now' | 'upTo'>,
): Gate {
  const place = { id: `queries:${name}`, title: `No statement on ${name} since the deploy needs the old shape` };
  const shut = {
    command: 'onward contract --dry-run',
    risk: `contract-queries:${name}`,
    covers: [upTo, statements?.kind ?? 'none'],
  };
  if (statements === undefined) return contractGate(place, 'unknown', { evidence: 'nobody looked', ...shut });
  if (statements.kind === 'unknown') return contractGate(place, 'unknown', { evidence: statements.evidence, ...shut });
  if (statements.kind === 'no-baseline') {
    const { evidence, begunAt } = statements;
    const next =
      begunAt === undefined
        ? '"onward contract" without --dry-run begins to observe'
        : `observed since ${begunAt} from now on; come back when clients have done all that they do`;
    return contractGate(place, 'unknown', { evidence: `${evidence}; ${next}`, ...shut, command: 'onward contract' });
  }
  if (statements.broken.length > 0) {
    const evidence = `${statements.broken.length} would fail: ${listFirst(statements.broken)}`;
    return contractGate(place, 'closed', { evidence, command: shut.command });
  }
  const doubts = listDoubts(statements);
  const seen = describeSeen(statements, now);
  if (doubts.length > 0) {
    const { narrowed, unproved } = statements;
    const covers = [upTo, ...[...narrowed, ...unproved].sort(), ...(statements.gap === undefined ? [] : ['gap'])];
    return contractGate(place, 'unknown', { evidence: `${seen}; ${doubts.join('; ')}`, ...shut, covers });
  }
  return contractGate(place, 'open', { evidence: `${seen}; each works without it` });
}

type Seen = Extract<StatementsFact, { kind: 'seen' }>;

function describeSeen({ statements, calls, since }: Seen, now: string): string {
  const count = `${formatCount(statements, 'statement')} with ${formatCount(calls, 'call')}`;
  return `${count} in ${describeSpan(Date.parse(now) - Date.parse(since))} since ${since}`;
}

function listDoubts({ statements, narrowed, unproved, gap }: Seen): readonly string[] {
  return [
    ...(statements === 0 ? ['none was sent, so nothing tells that clients do without it'] : []),
    ...(narrowed.length > 0 ? [`${narrowed.length} would give fewer columns: ${listFirst(narrowed)}`] : []),
    ...(unproved.length > 0 ? [`${unproved.length} could not be tried out: ${listFirst(unproved)}`] : []),
    ...(gap === undefined ? [] : [gap]),
  ];
}
