import type { DoctorRule } from './rule.ts';

export const quarantineRule: DoctorRule = {
  id: 'quarantine',
  title: 'No privilege is in quarantine',
  check: ({ quarantines = [], lease }) =>
    quarantines.map(({ database, run, doomed, until, undo }) => {
      const isWatched = lease.kind === 'held' && lease.run === run;
      return {
        code: 'doctor.quarantine-in-force',
        severity: isWatched ? 'info' : 'error',
        message: `In database ${database}, ${doomed.join(', ')} is in quarantine by run ${run}${isWatched ? `, until ${until}` : ', which nobody watches any more'}.`,
        hint: isWatched
          ? 'Run "onward contract --undo" to give the privileges back.'
          : `Run "onward contract --undo" to give the privileges back, or this statement in ${database}:\n${undo}`,
      };
    }),
};
