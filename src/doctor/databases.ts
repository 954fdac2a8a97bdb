import type { DoctorRule } from './rule.ts';

export const databasesRule: DoctorRule = {
  id: 'databases',
  title: 'Every database can be reached',
  check: (facts) =>
    facts.databases
      .filter((database) => !database.isReachable)
      .map((database) => ({
        code: 'doctor.database-unreachable',
        severity: 'error',
        message: `Database ${database.name} cannot be reached: ${database.evidence}`,
        hint: 'Start the server or correct databases in onward.yaml, then run "onward doctor" again.',
      })),
};
