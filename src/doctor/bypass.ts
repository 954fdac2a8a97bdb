import { adviseLines, describeBypasses, type Facts, type Finding, isAsked } from '../model/index.ts';
import type { DoctorRule } from './rule.ts';

export const bypassRule: DoctorRule = {
  id: 'bypass',
  title: 'No request is seen to get to an instance past the switch',
  check: ({ deployment, frontends }: Pick<Facts, 'deployment' | 'frontends'>) =>
    frontends.flatMap<Finding>(({ service, bypasses = [] }) => {
      const own = deployment.services.find(({ name }) => name === service)?.switch;
      const asked = bypasses.filter(isAsked);
      if (asked.length === 0 || own?.kind !== 'haproxy') return [];
      return [
        {
          code: 'doctor.past-switch',
          severity: 'warning',
          message: `Requests get to ${service} past the switch, and fail when an upgrade stops who gets them: ${describeBypasses(asked)}.`,
          hint: adviseLines(asked, own.backend),
        },
      ];
    }),
};
