import {
  type ForeignInstance,
  hasProcess,
  type Instance,
  probeInstance,
  type Runtime,
  type StageRequest,
} from '../../deploy/index.ts';
import {
  type Component,
  countInstances,
  type Digest,
  type Finding,
  type Release,
  type Service,
} from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import { chooseReadyProbe } from '../desired.ts';
import type { Installation } from '../installation.ts';

/** So many names of files are said; the rest are counted. */
const NAMED = 5;

/** Something that runs and that Onward did not start, with what it was compared with. */
export interface ForeignFound {
  readonly request: StageRequest;
  readonly found: ForeignInstance;
  /** It is on record already, as what it is. */
  readonly isRecorded: boolean;
}

export interface ServiceProof {
  readonly name: string;
  readonly identity: Digest;
  /** How many are what the release ships. */
  readonly instances: number;
  readonly differences: readonly Finding[];
  readonly remarks: readonly Finding[];
  readonly foreign: readonly ForeignFound[];
}

/** Compares what runs of one service with its component of a release. Changes nothing. */
export async function proveService(
  system: System,
  installation: Installation,
  {
    service,
    component,
    release,
  }: { readonly service: Service; readonly component: Component; readonly release: Release },
): Promise<ServiceProof> {
  const { name } = service;
  const { identity } = component;
  const runtime = installation.runtimeOf(name);
  const vendor = release.services.find((one) => one.name === name);
  const isOneShot = (service.roll ?? vendor?.roll) === 'one-shot';
  const request = { service: name, component, from: installation.source.artifactPath(component) };
  const { listed, foreign } = await observeAll(runtime, request);
  const instances = [...listed, ...foreign.map(({ found }) => found.instance)];
  const running = instances.filter(hasProcess);
  // A one-shot has ended; whatever is left of it must have been of this release.
  const counted = isOneShot ? instances : running;
  const others = counted.filter((instance) => instance.identity !== identity);
  const unready = await probeForeign(system, foreign, chooseReadyProbe(service, release));
  const wanted = countInstances(service);
  return {
    name,
    identity,
    instances: counted.length - others.length,
    foreign,
    differences: [
      ...others.map((instance) => describeOther(instance, { foreign, release, identity })),
      ...(isOneShot || running.length === wanted ? [] : [countDiffers(service, running.length, wanted)]),
      ...running.filter(({ state }) => state !== 'running').map(describeState),
      ...unready,
    ],
    remarks: foreign.flatMap(describeExtras),
  };
}

/** What the runtime lists, and what it would list only once it is on record. */
async function observeAll(
  runtime: Runtime,
  request: StageRequest,
): Promise<{ readonly listed: readonly Instance[]; readonly foreign: readonly ForeignFound[] }> {
  const [all, found = []] = await Promise.all([runtime.list(request.service), runtime.observeForeign?.(request)]);
  const ids = new Set(found.map(({ instance }) => instance.id));
  return {
    listed: all.filter(({ id }) => !ids.has(id)),
    foreign: found.map((one) => {
      const before = all.find(({ id }) => id === one.instance.id);
      return { request, found: one, isRecorded: before?.identity === one.instance.identity };
    }),
  };
}

/** Whoever goes back to it has to see that it serves; so it is asked now whether it can be reached from here. */
async function probeForeign(
  system: System,
  foreign: readonly ForeignFound[],
  probe: ReturnType<typeof chooseReadyProbe>,
): Promise<readonly Finding[]> {
  // How long it has been up says nothing of the way to it.
  if (probe.kind === 'up') return [];
  const proven = foreign.filter(({ found }) => found.differences.length === 0);
  const results = await Promise.all(
    proven.map(async ({ found: { instance } }) => ({ instance, ...(await probeInstance(system, instance, probe)) })),
  );
  return results
    .filter(({ isReady }) => !isReady)
    .map(({ instance, evidence }) => ({
      ...difference(
        'adopt.not-ready',
        `${describePlace(instance)} of ${instance.service} is not ready, asked from here: ${evidence}.`,
      ),
      hint: `Mend it, or "ready" and "port" of ${instance.service} in onward.yaml.`,
    }));
}

function describeOther(
  instance: Instance,
  of: { readonly foreign: readonly ForeignFound[]; readonly release: Release; readonly identity: Digest },
): Finding {
  const { foreign, release, identity } = of;
  const own = foreign.find(({ found }) => found.instance.id === instance.id)?.found;
  const what = `${describePlace(instance)} of ${instance.service}`;
  const code = 'adopt.identity-differs';
  if (own) return difference(code, `${what} is not what ${release.version} ships: ${own.differences.join('; ')}.`);
  return difference(code, `${what} is ${short(instance.identity)}, and ${release.version} ships ${short(identity)}.`);
}

function describeState(instance: Instance): Finding {
  return difference('adopt.not-running', `${describePlace(instance)} of ${instance.service} is ${instance.state}.`);
}

function countDiffers({ name }: Service, running: number, wanted: number): Finding {
  const message = `${running === 0 ? 'None' : String(running)} of ${name} runs, and onward.yaml says ${wanted}.`;
  return {
    ...difference('adopt.not-running', message),
    hint: `Start it, or mend "replicas" of ${name} in onward.yaml.`,
  };
}

/** An instance that Onward makes runs in a folder of the release's files alone. */
function describeExtras({ found: { instance, extras } }: ForeignFound): readonly Finding[] {
  if (extras.length === 0) return [];
  const more = extras.length - NAMED;
  const named = `${extras.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return [
    {
      code: 'adopt.more-files',
      severity: 'warning',
      message: `Beside the release's files ${describePlace(instance)} of ${instance.service} has ${named}. Instances that Onward makes will not have ${extras.length === 1 ? 'it' : 'them'}.`,
    },
  ];
}

export function difference(code: string, message: string): Finding {
  return { code, severity: 'error', message };
}

function describePlace({ place, id }: Instance): string {
  return place ?? id;
}

function short(identity: Digest): string {
  return identity.slice(0, 'sha256:'.length + 12);
}
