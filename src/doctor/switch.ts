import type { DoctorRule } from './rule.ts';

export const switchRule: DoctorRule = {
  id: 'switch',
  title: 'The switch sends requests to what runs',
  check: (facts) => {
    if (!facts.current) return [];
    const hint = `Run "onward upgrade --version ${facts.current.release}" to bring the switch in line.`;
    return facts.frontends.flatMap(({ service, targets, listen }) => {
      if (!targets) {
        return [
          {
            code: 'doctor.no-frontend',
            severity: 'error',
            message: `The switch has no frontend for ${service}.`,
            hint,
          },
        ];
      }
      const wanted = facts.deployment.services.find((candidate) => candidate.name === service)?.switch;
      const address = wanted?.kind === 'builtin' ? `${wanted.listen.host}:${wanted.listen.port}` : undefined;
      const isElsewhere = listen !== undefined && address !== undefined && listen !== address;
      const running = facts.instances
        .filter((found) => found.service === service && found.state === 'running')
        .map(({ id }) => id);
      const active = targets.filter((target) => target.state === 'active').map((target) => target.id);
      const missing = running.filter((id) => !active.includes(id));
      const dead = active.filter((id) => !running.includes(id));
      return [
        ...(isElsewhere
          ? [
              {
                code: 'doctor.other-address',
                severity: 'error' as const,
                message: `The switch listens for ${service} on ${listen}, and onward.yaml says ${address}.`,
                hint,
              },
            ]
          : []),
        ...missing.map((id) => ({
          code: 'doctor.not-routed',
          severity: 'error' as const,
          message: `Instance ${id} runs and gets no requests.`,
          hint,
        })),
        ...dead.map((id) => ({
          code: 'doctor.dead-target',
          severity: 'error' as const,
          message: `The switch sends requests of ${service} to ${id}, which does not run.`,
          hint,
        })),
      ];
    });
  },
};
