import type { Facts, Finding } from '../model/index.ts';
import type { DoctorRule } from './rule.ts';

export const servicesRule: DoctorRule = {
  id: 'services',
  title: 'onward.yaml and the recorded release name the same services',
  check: (facts) => {
    const release = facts.releases.get(facts.current?.release ?? '');
    if (!release) return [];
    const deployed = facts.deployment.services.map((service) => service.name);
    const shipped = release.components.map((component) => component.service);
    return [
      ...deployed.filter((name) => !shipped.includes(name)).map((name) => unknownToRelease(name, release.version)),
      ...shipped.filter((name) => !deployed.includes(name)).map((name) => notDeployed(name, facts)),
    ];
  },
};

function unknownToRelease(name: string, version: string): Finding {
  return {
    code: 'doctor.unknown-service',
    severity: 'error',
    message: `onward.yaml has a service ${name}, and release ${version} has none.`,
    hint: `Remove or rename it in onward.yaml; "onward release show ${version}" lists the services of the release.`,
  };
}

function notDeployed(name: string, { deployment, current }: Facts): Finding {
  return {
    code: 'doctor.service-not-deployed',
    severity: 'error',
    message: `Release ${current?.release} has a service ${name}, and onward.yaml has none; instances of it from before are not looked after.`,
    hint: `Add ${name} to services in ${deployment.file}.`,
  };
}
