import { contentOf, type Finding, OnwardError, type PlaceFact, type RuntimeFacts } from '../../../model/index.ts';
import { roomForImage } from '../pull.ts';
import type { Work } from '../runtime.ts';
import { readUnit } from './describe-unit.ts';
import { parseSurvey, type Survey } from './parse-survey.ts';
import { LOG_IN } from './scripts/greeting.ts';
import { SURVEY } from './scripts/survey.ts';
import { allHosts, baseVariables, configOf, isTemplate, loginOf, type SshContext } from './ssh-context.ts';
import { referenceOf } from './stage-images.ts';

const LOOK_LIMIT_MS = 10_000;
/** Of a host that has just answered, for all that is looked at there. */
const SURVEY_LIMIT_MS = 30_000;
/** A host whose clock is further away than this writes logs that mislead. Leases and plans go by other clocks. */
const SKEW_MS = 5_000;
/** An artifact is there twice while it is unpacked. */
const COPIES = 2;
/** What systemd waits to hear from the process of a unit itself; nothing of it gets through `docker run`. */
const UNHEARD = ['notify', 'notify-reload', 'dbus', 'forking'];

/** Every host, side by side: whether it answers, what it has, what a piece of work needs there, and what stands in the way. */
export async function observeHosts(context: SshContext, work: Work): Promise<RuntimeFacts> {
  const hosts = allHosts(context);
  const [observed, units] = await Promise.all([
    Promise.all(hosts.map((host) => observeHost(context, host, work))),
    findUnitProblems(context, work),
  ]);
  const places = observed.map(({ place }) => place);
  const skewed = places.filter(({ clockSkewMs = 0 }) => Math.abs(clockSkewMs) > SKEW_MS);
  return {
    places,
    exclusive: findExclusive(context),
    findings: [
      ...units,
      ...observed.flatMap(({ findings }) => findings),
      ...findForeign(observed),
      ...findSameMachines(context, observed),
      ...skewed.map(describeSkew),
    ],
  };
}

/** A plain unit is one instance at a time. */
function findExclusive(context: SshContext): RuntimeFacts['exclusive'] {
  return ownServices(context).flatMap(({ name }) => {
    const { unit } = configOf(context, name);
    return isTemplate(unit) ? [] : [{ service: name, why: `${unit} is one instance on each host` }];
  });
}

interface ObservedHost {
  readonly place: PlaceFact;
  readonly machine?: string | undefined;
  /** Units that run there, and that Onward has not started. */
  readonly foreign?: readonly string[];
  readonly findings: readonly Finding[];
}

async function observeHost(context: SshContext, host: string, work: Work): Promise<ObservedHost> {
  const { clock } = context.system;
  const components = work.components.filter(({ service }) => configOf(context, service).hosts.includes(host));
  const hexes = components.map(({ component }) => component.identity.slice('sha256:'.length));
  const images = components.flatMap(({ component }) => (component.kind === 'image' ? [referenceOf(component)] : []));
  const services = ownServices(context).filter(({ name }) => configOf(context, name).hosts.includes(host));
  const units = services.map(({ name }) => `${name}:${configOf(context, name).unit}`);
  const variables = {
    ...baseVariables(context),
    HEXES: hexes.join(' '),
    IMAGES: images.join(' '),
    UNITS: units.join(' '),
    UNIT: '',
  };
  try {
    // The first script on a host also connects to it, which would count for the clock.
    await context.connections.run(host, LOG_IN, { limitMs: LOOK_LIMIT_MS, patience: 'none' });
    const before = clock.now().getTime();
    const script = { action: 'look around', variables, text: SURVEY };
    const { stdout } = await context.connections.run(host, script, { limitMs: SURVEY_LIMIT_MS, patience: 'none' });
    const middleMs = (before + clock.now().getTime()) / 2;
    const survey = parseSurvey(stdout);
    const lacking = images.length > 0 && survey.docker === undefined;
    const place: PlaceFact = {
      runtime: 'ssh',
      ...{ place: host, login: loginOf(context, host) },
      isReachable: true,
      evidence: [survey.system, survey.systemd, ...(survey.docker ? [`Docker ${survey.docker}`] : [])].join(', '),
      ...diskOf(survey, components),
      ...memoryOf(context, survey, components),
      ...(survey.nowMs === undefined ? {} : { clockSkewMs: Math.round(survey.nowMs - middleMs) }),
    };
    const findings = lacking ? [missingDocker(host, components)] : [];
    return { place, machine: survey.machine, foreign: survey.foreign, findings };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    const place = { runtime: 'ssh', place: host, login: loginOf(context, host) } as const;
    return { place: { ...place, isReachable: false, evidence: withoutStop(error.message) }, findings: [] };
  }
}

/**
 * For what is not there yet. Images may be on a disk of their own; when both are needed, all has to fit on the fuller one, which is right for one
 * disk and careful for two.
 */
function diskOf(survey: Survey, components: Work['components']): Pick<PlaceFact, 'disk'> {
  const folders = new Map<string, number>();
  const images = new Map<string, number>();
  for (const { component } of components) {
    const { identity } = component;
    if (component.kind === 'image') {
      if (!survey.images.some((each) => each.endsWith(`@${identity}`)))
        images.set(identity, roomForImage(component.bytes));
    } else if (!survey.artifacts.includes(identity.slice('sha256:'.length)))
      folders.set(identity, COPIES * contentOf(component).bytes);
  }
  const disks = [
    ...(folders.size > 0 || images.size === 0 ? [survey.diskBytes] : []),
    ...(images.size > 0 ? [survey.dockerDiskBytes] : []),
  ];
  if (disks.includes(undefined)) return {};
  const freeBytes = Math.min(...disks.flatMap((free) => free ?? []));
  return { disk: { neededBytes: sum([...folders.values(), ...images.values()]), freeBytes } };
}

/** Of services whose old and new instances run at once, what the old ones have now. What runs what is wanted stays as it is. */
function memoryOf(context: SshContext, survey: Survey, components: Work['components']): Pick<PlaceFact, 'memory'> {
  const wanted = new Map(components.map(({ service, component }) => [service, component.identity]));
  const used = survey.used.filter(({ service, hex }) => {
    const identity = wanted.get(service);
    return identity !== undefined && identity !== `sha256:${hex}` && isTemplate(configOf(context, service).unit);
  });
  const told = used.flatMap(({ bytes }) => bytes ?? []);
  if (survey.memoryBytes === undefined || told.length < used.length) return {};
  return { memory: { neededBytes: sum(told), freeBytes: survey.memoryBytes } };
}

function missingDocker(host: string, components: Work['components']): Finding {
  const services = components.filter(({ component }) => component.kind === 'image').map(({ service }) => service);
  return {
    code: 'ssh.no-docker',
    severity: 'error',
    message: `No Docker engine answers on host ${host}, and ${[...new Set(services)].join(', ')} ${services.length === 1 ? 'is an image' : 'are images'}.`,
    hint: `Install Docker there; "docker info" there says why it does not answer.`,
  };
}

/** Started beside them, a service would run twice; in their place, it would stop what somebody relies on. */
function findForeign(observed: readonly ObservedHost[]): readonly Finding[] {
  const found = observed.flatMap(({ place, foreign = [] }) =>
    foreign.length === 0 ? [] : [`${[...foreign].sort().join(', ')} on ${place.place}`],
  );
  if (found.length === 0) return [];
  return [
    {
      code: 'ssh.foreign-unit',
      severity: 'error',
      message: `Units run that Onward has not started: ${found.join('; ')}.`,
      hint: 'Run "onward adopt release <version>" to put what they run on record, or "systemctl disable --now <unit>" on those hosts.',
    },
  ];
}

/** One machine under two names has every instance twice, and those of one name are in the way of the other. */
function findSameMachines(context: SshContext, observed: readonly ObservedHost[]): readonly Finding[] {
  const machines = new Map(observed.map(({ place, machine }) => [place.place, machine]));
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

/** Units that are not there, cannot run an image, or are not the same on every host. What a host that is away has is not known. */
async function findUnitProblems(context: SshContext, { components }: Work): Promise<readonly Finding[]> {
  const images = new Set(
    components.filter(({ component }) => component.kind === 'image').map(({ service }) => service),
  );
  const found = await Promise.all(
    ownServices(context).map(async ({ name }) => {
      const { hosts, unit } = configOf(context, name);
      const texts = await Promise.all(
        hosts.map(async (host) => ({ host, text: await readUnit(context, { host, service: name }) })),
      );
      const missing = texts.filter(({ text }) => text === '').map(({ host }) => ({ host, unit }));
      const unheard = texts.filter(({ text = '' }) => images.has(name) && UNHEARD.includes(typeOf(text)));
      const problems = unheard.map(({ host, text = '' }) => unheardUnit(host, unit, typeOf(text)));
      const [first, ...others] = texts.filter(({ text }) => text !== undefined && text !== '');
      const different = others.filter(({ text }) => text !== first?.text).map(({ host }) => host);
      if (different.length > 0) problems.push(differentUnit(unit, first?.host ?? '', different));
      return { missing, problems };
    }),
  );
  return [...describeMissing(found.flatMap(({ missing }) => missing)), ...found.flatMap(({ problems }) => problems)];
}

/** The last one counts: drop-ins come after the unit. */
function typeOf(text: string): string {
  return [...text.matchAll(/^\s*Type\s*=\s*(\S+)/gm)].at(-1)?.[1] ?? '';
}

function unheardUnit(host: string, unit: string, type: string): Finding {
  return {
    code: 'ssh.unheard-unit',
    severity: 'error',
    message: `${unit} on ${host} says Type=${type}, and "docker run" passes nothing of that on from an image.`,
    hint: `Run "systemctl edit --full ${unit}" on ${host} and write Type=exec; then the probe that "ready" names says when an instance is ready.`,
  };
}

/** One of each host: one command writes all that it lacks. */
function describeMissing(missing: readonly { readonly host: string; readonly unit: string }[]): readonly Finding[] {
  const hosts = [...new Set(missing.map(({ host }) => host))];
  return hosts.map((host) => {
    const units = [...new Set(missing.filter((one) => one.host === host).map(({ unit }) => unit))];
    return {
      code: 'ssh.no-unit',
      severity: 'error',
      message: `Host ${host} has no unit ${units.join(', ')}.`,
      hint: `Run "onward provision --host ${host}" to write ${units.length === 1 ? 'it' : 'them'}.`,
    };
  });
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
