import type { ContractDatabaseFact, Gate } from '../../model/index.ts';
import { contractGate } from './contract-gate.ts';

/** What goes comes back from a backup alone. */
export function backupGate({ name, hasBackup }: ContractDatabaseFact): Gate {
  const place = { id: `backup:${name}`, title: `Database ${name} is backed up first` };
  if (hasBackup) return contractGate(place, 'open', { evidence: 'the commands of onward.yaml make one and verify it' });
  return contractGate(place, 'closed', {
    evidence: 'onward.yaml has no backup, so what goes could not come back',
    command: 'onward contract --dry-run',
    risk: 'no-backup',
  });
}
