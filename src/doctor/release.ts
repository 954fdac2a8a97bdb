import type { DoctorRule } from './rule.ts';

export const releaseRule: DoctorRule = {
  id: 'release',
  title: 'The recorded release is the one in the source',
  check: ({ current, releases, catalog, hiddenRecord }) => {
    if (hiddenRecord !== undefined) {
      return [
        {
          code: 'doctor.record-hidden',
          severity: 'error',
          message: `Which release is installed cannot be told, so what runs is compared with nothing: ${hiddenRecord}`,
          hint: 'Bring the control database back, then run "onward doctor" again. "onward status" shows what serves meanwhile.',
        },
      ];
    }
    if (!current) {
      return [
        {
          code: 'doctor.nothing-installed',
          severity: 'warning',
          message: 'No release is recorded as installed.',
          hint: 'Run "onward provision" to install the first one, or "onward adopt release <version>" to put on record what runs already.',
        },
      ];
    }
    const entry = catalog.releases.find((candidate) => candidate.version === current.release);
    if (!entry || !releases.has(current.release)) {
      return [
        {
          code: 'doctor.release-missing',
          severity: 'error',
          message: `Release ${current.release} is installed, and the release source does not have it.`,
          hint: 'Point releases.source in onward.yaml to a source that has it.',
        },
      ];
    }
    if (entry.digest === current.digest) return [];
    return [
      {
        code: 'doctor.release-changed',
        severity: 'error',
        message: `Release ${current.release} in the source is not the one that was installed: its identity differs.`,
        hint: 'Use the source that it was installed from; a published release never changes.',
      },
    ];
  },
};
