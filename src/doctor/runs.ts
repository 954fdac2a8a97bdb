import { type Finding, formatDuration } from '../model/index.ts';
import type { DoctorRule } from './rule.ts';

export const runsRule: DoctorRule = {
  id: 'runs',
  title: 'Every run has ended',
  check: ({ unfinished, lease, damagedJournal }) => {
    const findings: Finding[] = [];
    if (damagedJournal !== undefined) {
      findings.push({
        code: 'doctor.journal-damaged',
        severity: 'error',
        message: damagedJournal,
        hint: 'Restore the run\'s folder from a copy of the state directory, then run "onward upgrade".',
      });
    }
    if (lease.kind === 'held') {
      findings.push({
        code: 'doctor.lease-held',
        severity: 'info',
        message: `Run ${lease.run} holds the lease for another ${formatDuration(lease.expiresInMs)} at least.`,
        hint: 'Run "onward status" to see what it does.',
      });
    } else if (unfinished) {
      findings.push({
        code: 'doctor.run-unfinished',
        severity: 'error',
        message: `Run ${unfinished.run} from ${unfinished.from} to ${unfinished.to} has not ended.`,
        hint:
          unfinished.command === undefined
            ? 'Run "onward upgrade" to go on with it, or "onward rollback" to go back.'
            : `Run "${unfinished.command}" to go on with it.`,
      });
    }
    return findings;
  },
};
