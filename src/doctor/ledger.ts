import type { Finding } from '../model/index.ts';
import type { DoctorRule } from './rule.ts';

export const ledgerRule: DoctorRule = {
  id: 'ledger',
  title: 'The ledger has what the recorded release needs',
  check: ({ databases, current }) =>
    databases.flatMap((database) => {
      const findings: Finding[] = (database.drift ?? []).map((drift) => ({
        ...drift,
        message: `Database ${database.name}: ${drift.message}`,
        hint: drift.hint ?? 'Restore the shipped file in the release source; a file that was applied never changes.',
      }));
      // Contract stays pending until its own run; it is not missing.
      const missing = current ? (database.pending ?? []).filter((file) => file.phase !== 'contract') : [];
      for (const file of missing) {
        findings.push({
          code: 'doctor.migration-missing',
          severity: 'error',
          message: `Database ${database.name} lacks ${file.path} of the installed release.`,
          hint: `Run "onward migrate --database ${database.name} --phase ${file.phase}".`,
        });
      }
      return findings;
    }),
};
