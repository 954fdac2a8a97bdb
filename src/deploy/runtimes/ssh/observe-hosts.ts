import {
  type Component,
  contentOf,
  type Finding,
  OnwardError,
  type PlaceFact,
  type RuntimeFacts,
} from '../../../model/index.ts';
import type { Work } from '../runtime.ts';
import { readUnit } from './describe-unit.ts';
import { parseSurvey, type Survey } from './parse-survey.ts';
import { LOG_IN } from './scripts/greeting.ts';
import { SURVEY } from './scripts/survey.ts';
import { allHosts, baseVariables, configOf, isTemplate, type SshContext } from './ssh-context.ts';

const LOOK_LIMIT_MS = 10_000;
/** A host whose clock is further away than this writes logs that mislead. Leases and plans go by other clocks. */
const SKEW_MS = 5_000;
/** An artifact is there twice while it is unpacked. */
const COPIES = 2;

/** Every host, side by side: whether it answers, what it has, what a piece of work needs there, and what stands in the way. */
export async function observeHosts(context: SshContext, work: Work): Promise<RuntimeFacts> {
  const hosts = allHosts(context);
  const machines = new Map<string, string>();
  const [places, units] = await Promise.all([
    Promise.all(hosts.map((host) => observeHost(context, { host, work, machines }))),
    findUnitProblems(context),
  ]);
  const skewed = places.filter(({ clockSkewMs = 0 }) => Math.abs(clockSkewMs) > SKEW_MS);
  return {
    places,
    exclusive: findExclusive(context),
    findings: [...units, ...findImages(work), ...findSameMachines(context, machines), ...skewed.map(describeSkew)],
  };
}

/** A plain unit is one instance at a time. */
function findExclusive(context: SshContext): RuntimeFacts['exclusive'] {
  return ownServices(context).flatMap(({ name }) => {
    const { unit } = configOf(context, name);
    return isTemplate(unit) ? [] : [{ service: name, why: `${unit} is one instance on each host` }];
  });
}

async function observeHost(
  context: SshContext,
  { host, work, machines }: { readonly host: string; readonly work: Work; readonly machines: Map<string, string> },
): Promise<PlaceFact> {
  const { clock } = context.system;
  const components = work.components.filter(({ service }) => configOf(context, service).hosts.includes(host));
  const hexes = components.map(({ component }) => component.identity.slice('sha256:'.length));
  const services = ownServices(context).filter(({ name }) => configOf(context, name).hosts.includes(host));
  const units = services.map(({ name }) => `${name}:${configOf(context, name).unit}`);
  const variables = { ...baseVariables(context), HEXES: hexes.join(' '), UNITS: units.join(' '), UNIT: '' };
  try {
    // The first script on a host also connects to it, which would count for the clock.
    await context.connections.run(host, LOG_IN, { limitMs: LOOK_LIMIT_MS, patience: 'none' });
    const before = clock.now().getTime();
    const script = { action: 'look around', variables, text: SURVEY };
    const { stdout } = await context.connections.run(host, script, { limitMs: LOOK_LIMIT_MS, patience: 'none' });
    const middleMs = (before + clock.now().getTime()) / 2;
    const survey = parseSurvey(stdout);
    if (survey.machine !== undefined) machines.set(host, survey.machine);
    const missing = components.filter((_, index) => !survey.artifacts.includes(hexes[index] ?? ''));
    const needed = new Map(missing.map(({ component }) => [component.identity, COPIES * bytesOf(component)]));
    return {
      runtime: 'ssh',
      place: host,
      isReachable: true,
      evidence: `${survey.system}, ${survey.systemd}`,
      ...(survey.diskBytes === undefined
        ? {}
        : { disk: { neededBytes: sum([...needed.values()]), freeBytes: survey.diskBytes } }),
      ...memoryOf(context, survey, components),
      ...(survey.nowMs === undefined ? {} : { clockSkewMs: Math.round(survey.nowMs - middleMs) }),
    };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return { runtime: 'ssh', place: host, isReachable: false, evidence: withoutStop(error.message) };
  }
}

/** Of the files of an artifact, when they are in place. */
function bytesOf(component: Component): number {
  return component.kind === 'image' ? component.bytes : contentOf(component).bytes;
}

/** Of services whose old and new instances run at once, what the old ones have now. */
function memoryOf(context: SshContext, survey: Survey, components: Work['components']): Pick<PlaceFact, 'memory'> {
  if (survey.memoryBytes === undefined) return {};
  const twice = new Set(
    components.map(({ service }) => service).filter((service) => isTemplate(configOf(context, service).unit)),
  );
  const used = survey.used.filter(({ service }) => twice.has(service));
  return { memory: { neededBytes: sum(used.map(({ bytes }) => bytes)), freeBytes: survey.memoryBytes } };
}

function findImages({ components }: Work): readonly Finding[] {
  const services = [
    ...new Set(components.filter(({ component }) => component.kind === 'image').map(({ service }) => service)),
  ];
  return services.map((service) => ({
    code: 'ssh.image',
    severity: 'error',
    message: `The component of ${service} is an image, and hosts run folders under systemd.`,
    hint: 'Give the service an artifact folder in product.yaml, or runtime compose in onward.yaml.',
  }));
}

/** One machine under two names has every instance twice, and those of one name are in the way of the other. */
function findSameMachines(context: SshContext, machines: ReadonlyMap<string, string>): readonly Finding[] {
  return ownServices(context).flatMap(({ name }) => {
    const { hosts } = configOf(context, name);
    return hosts.flatMap((host, index): readonly Finding[] => {
      const machine = machines.get(host);
      const first = hosts.slice(0, index).find((other) => machine !== undefined && machines.get(other) === machine);
      if (first === undefined) return [];
      return [
        {
          code: 'ssh.same-machine',
          severity: 'error',
          message: `Hosts ${first} and ${host} of ${name} are one machine.`,
          hint: 'Name it once in onward.yaml.',
        },
      ];
    });
  });
}

/** Units that are not there, and those that are not the same on every host. What a host that is away has is not known. */
async function findUnitProblems(context: SshContext): Promise<readonly Finding[]> {
  const found = await Promise.all(
    ownServices(context).map(async ({ name }) => {
      const { hosts, unit } = configOf(context, name);
      const texts = await Promise.all(
        hosts.map(async (host) => ({ host, text: await readUnit(context, { host, service: name }) })),
      );
      const missing = texts.filter(({ text }) => text === '').map(({ host }) => missingUnit(host, unit));
      const [first, ...others] = texts.filter(({ text }) => text !== undefined && text !== '');
      const different = others.filter(({ text }) => text !== first?.text).map(({ host }) => host);
      return different.length === 0 ? missing : [...missing, differentUnit(unit, first?.host ?? '', different)];
    }),
  );
  return found.flat();
}

function missingUnit(host: string, unit: string): Finding {
  return {
    code: 'ssh.no-unit',
    severity: 'error',
    message: `Host ${host} has no unit ${unit}.`,
    hint: `Run "onward provision --host ${host}" to write one.`,
  };
}

function differentUnit(unit: string, first: string, others: readonly string[]): Finding {
  return {
    code: 'ssh.unit-differs',
    severity: 'warning',
    message: `${unit} on ${others.join(', ')} is not what it is on ${first}.`,
    hint: `Compare them with "systemctl cat ${unit}" on each host.`,
  };
}

function describeSkew({ place, clockSkewMs = 0 }: PlaceFact): Finding {
  const seconds = Math.round(Math.abs(clockSkewMs) / 1_000);
  return {
    code: 'ssh.clock-skew',
    severity: 'warning',
    message: `The clock of ${place} is ${seconds} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} the one of this machine.`,
    hint: `Let ${place} keep its time with an NTP client.`,
  };
}

function ownServices({ services }: SshContext) {
  return services.filter(({ runtime }) => runtime.kind === 'ssh');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Of a sentence that becomes half of one. */
function withoutStop(message: string): string {
  return message.replace(/\.$/, '');
}
