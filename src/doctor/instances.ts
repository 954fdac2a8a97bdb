import { countInstances, type Facts, type Finding, type InstanceFact, type Service } from '../model/index.ts';
import type { DoctorRule } from './rule.ts';

export const instancesRule: DoctorRule = {
  id: 'instances',
  title: 'What runs is the recorded release',
  check: (facts) => (facts.current ? facts.deployment.services.flatMap((service) => checkService(facts, service)) : []),
};

function checkService(facts: Facts, service: Service): readonly Finding[] {
  const version = facts.current?.release ?? '';
  const component = facts.releases.get(version)?.components.find((candidate) => candidate.service === service.name);
  const own = facts.instances.filter((instance) => instance.service === service.name);
  const running = own.filter((instance) => instance.state === 'running');
  const repair = { hint: `Run "onward upgrade --version ${version}" to bring it to the recorded release.` };
  const findings: Finding[] = [];
  const unseen = own.filter((candidate) => candidate.state === 'unknown');
  for (const instance of unseen) {
    findings.push({
      code: 'doctor.instance-unknown',
      severity: 'error',
      message: `${describeUnseen(instance, service)} cannot be told from here: ${describeUnknown(service)}.`,
      hint: UNSEEN_HINTS[service.runtime.kind],
    });
  }
  const roll =
    service.roll ?? facts.releases.get(version)?.services.find((candidate) => candidate.name === service.name)?.roll;
  if (!component || roll === 'one-shot') return findings;
  const wanted = countInstances(service);
  // One that cannot be seen may run.
  if (running.length < wanted && unseen.length === 0) {
    const what = running.length === 0 ? 'does not run' : `has ${running.length} of ${wanted} instances`;
    findings.push({ code: 'doctor.not-running', severity: 'error', message: `${service.name} ${what}.`, ...repair });
  }
  const config = facts.configs.get(version)?.get(service.name);
  for (const instance of running) {
    if (instance.identity !== component.identity) {
      findings.push({
        code: 'doctor.wrong-identity',
        severity: 'error',
        message: `Instance ${instance.id} runs an artifact that is not the one of release ${version}.`,
        hint: isForeign(instance)
          ? `Run "onward adopt release ${version}" to compare it anew: it is not what it was when that was last done.`
          : `Run "onward status" to see how it came there; "onward upgrade --version ${version}" replaces it once the gate is explained.`,
      });
    } else if (isForeign(instance)) {
      findings.push({
        code: 'doctor.not-ours',
        severity: 'warning',
        message: `Instance ${instance.id} was not made by Onward: with which configuration it runs cannot be told.`,
        hint: `Run "onward upgrade --version ${version}" to have it made anew.`,
      });
    } else if (instance.config !== config) {
      findings.push({
        code: 'doctor.stale-config',
        severity: 'warning',
        message: `Instance ${instance.id} runs with an older configuration than onward.yaml has.`,
        hint: `Run "onward upgrade --version ${version}" to roll the configuration out.`,
      });
    }
    findings.push(...checkTrouble(service, instance));
  }
  return findings;
}

/** What was adopted runs on as it was made, and behind a switch as it was put there, until an upgrade makes it anew. */
export function isForeign({ release }: InstanceFact): boolean {
  return release === '';
}

/** What went wrong with an instance that runs. */
function checkTrouble(service: Service, instance: InstanceFact): readonly Finding[] {
  const { id, log, restarts, note } = instance;
  const warn = (code: string, message: string): Finding => ({
    code,
    severity: 'warning',
    message,
    hint: `Read its log: ${log ?? `.onward/instances/${service.name}/${id}/output.log`}`,
  });
  const times = restarts === 1 ? 'once' : `${restarts} times`;
  return [
    ...(restarts > 0 ? [warn('doctor.restarted', `Instance ${id} had to be started again ${times}.`)] : []),
    ...(note === undefined ? [] : [warn('doctor.instance-trouble', `Instance ${id}: ${note}.`)]),
  ];
}

/** Where an engine is away, nobody knows how many there are. */
function describeUnseen({ id }: InstanceFact, { name }: Service): string {
  return id === name ? `What runs of ${name}` : `Instance ${id}`;
}

const UNSEEN_HINTS: Readonly<Record<Service['runtime']['kind'], string>> = {
  process: 'Run "onward doctor" where it can be.',
  compose: 'Run "onward doctor" again once the engine answers.',
  ssh: 'Run "onward doctor" again once its host answers.',
};

function describeUnknown({ runtime }: Service): string {
  if (runtime.kind === 'compose') return 'the Docker engine does not answer, or does not say what it does';
  return runtime.kind === 'ssh'
    ? 'its host cannot be reached, or its record there cannot be read'
    : 'its process belongs to another pid namespace or its record cannot be read';
}
