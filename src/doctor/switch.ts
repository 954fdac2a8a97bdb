import type { Facts, Finding } from '../model/index.ts';
import { isForeign } from './instances.ts';
import type { DoctorRule } from './rule.ts';

export const switchRule: DoctorRule = {
  id: 'switch',
  title: 'The switch sends requests to what runs',
  check: (facts) => {
    if (!facts.current) return [];
    const hint = `Run "onward upgrade --version ${facts.current.release}" to bring the switch in line.`;
    const program = checkProgram(facts, hint);
    const frontends = facts.frontends.flatMap<Finding>(({ service, targets, listen, use }) => {
      if (use?.problem) return [{ code: 'doctor.switch-unusable', severity: 'error', ...use.problem }];
      const instances = facts.instances.filter((found) => found.service === service && found.state === 'running');
      if (!targets) {
        if (instances.length > 0 && instances.every(isForeign)) return [];
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
      const running = instances.map(({ id }) => id);
      const active = targets.filter((target) => target.state === 'active').map((target) => target.id);
      const moved = instances.flatMap(({ id, address }) => {
        const target = targets.find((candidate) => candidate.id === id && candidate.state === 'active');
        return target?.address !== undefined && address !== undefined && target.address !== address
          ? [{ id, address, before: target.address }]
          : [];
      });
      const missing = running.filter((id) => !active.includes(id));
      const isUnseen = facts.instances.some((found) => found.service === service && found.state === 'unknown');
      const dead = isUnseen ? [] : active.filter((id) => !running.includes(id));
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
        ...moved.map(({ id, address, before }) => ({
          code: 'doctor.moved-instance',
          severity: 'error' as const,
          message: `The switch sends requests of ${service} to ${id} at ${before}, and it listens on ${address} now.`,
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
    return [...program, ...frontends];
  },
};

function checkProgram({ switchProgram, toolVersion }: Facts, hint: string): readonly Finding[] {
  if (switchProgram?.isOwn !== false) return [];
  const { version } = switchProgram;
  const message =
    version === toolVersion
      ? `The switch runs another build of Onward ${version} than this one.`
      : `The switch runs the program of ${version === undefined ? 'an earlier Onward' : `Onward ${version}`}, and this is Onward ${toolVersion}.`;
  return [{ code: 'doctor.switch-program', severity: 'warning', message, hint }];
}
