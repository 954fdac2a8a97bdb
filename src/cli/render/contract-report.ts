import type { ContractReport } from '../../upgrade/index.ts';
import { renderReason } from './error.ts';

/** The last screen of a contract run: what is gone, what serves, and how to go on. */
export function renderContractReport(report: ContractReport): string {
  const reason = report.error === undefined ? [] : [renderReason(report.error), ''];
  return [...reason, ...describeEnd(report)].join('\n');
}

function describeEnd({ outcome, release, upTo }: ContractReport): readonly string[] {
  switch (outcome) {
    case 'committed':
      return [`The old shape is gone up to ${upTo}. Serving: ${release}.`];
    case 'nothing-to-do':
      return [`Nothing to do: no contract migration up to ${upTo} is pending.`];
    case 'declined':
      return [`Nothing was removed. Serving: ${release}.`];
    case 'unfinished':
      return ['The run is parked; what serves goes on serving.', '-> Run "onward contract" to go on.'];
    case 'needs-operator':
      return [
        `The old shape is gone up to ${upTo}, and something is not as it was. Serving: ${release}.`,
        '-> Run "onward verify" to see it again; a newer release or the backup brings it back.',
      ];
    default:
      return [
        `Serving: ${release}; no service was touched. Migrations that are in the ledger are whole, the others were not applied.`,
        '-> Run "onward contract" again once the reason is gone.',
      ];
  }
}
