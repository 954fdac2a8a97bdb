import { missingProgram, specConflict } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { labelOf, listServiceContainers } from './containers.ts';
import { notCreated } from './errors.ts';
import { findHandedOn } from './find-handed-on.ts';
import { inspectImage } from './images.ts';
import { identifyContainers, splitId } from './instance-ids.ts';
import { LABELS } from './labels.ts';
import { makeContainers, type Place } from './make-containers.ts';
import { nameContainers } from './name-containers.ts';
import { buildSection, type Section } from './override.ts';
import { requireProjectService } from './project.ts';
import { isSameSection, keepSection, loadSection } from './records.ts';
import { loadOverride, writeSection } from './write-override.ts';

/**
 * Has the override say what the instance is while Compose makes the container, and then again what it said before: nothing new runs yet, and
 * nothing else of the project is touched. Those of the same base that are asked for meanwhile are made by the same call of Compose, which
 * takes longer than the engine takes to make them. A crash in between leaves an override that nothing runs with yet; the same call again,
 * the start, or the way back puts it right.
 */
export async function createInstance(context: ComposeContext, spec: InstanceSpec, epoch: number): Promise<void> {
  context.wanted.add(spec.id);
  try {
    const { own } = findService(context, spec.service);
    const section = await describeInstance(context, spec);
    await context.inTurn(() => makeInstance(context, { id: spec.id, service: spec.service, own, section, epoch }));
  } finally {
    context.wanted.delete(spec.id);
  }
}

async function describeInstance(context: ComposeContext, spec: InstanceSpec): Promise<Section> {
  const { service, own } = findService(context, spec.service);
  const { deploy, container_name: name, networks } = requireProjectService(await context.project(), own);
  const image = await inspectImage(context, spec.artifact);
  if (!image) throw missingProgram(spec.id, spec.artifact);
  const { deployment, stateDirectory } = context;
  return buildSection(spec, {
    ...{ base: splitId(spec.id).base, deployment, stateDirectory, image: image.id, replicas: service.replicas },
    hasReplicas: (deploy as { readonly replicas?: number } | undefined)?.replicas !== undefined,
    handedOn: await findHandedOn(context, spec, image.volumes),
    ...(typeof name === 'string' ? { containerName: { name, networks: Object.keys(networks ?? {}) } } : {}),
  });
}

interface Making extends Place {
  readonly id: string;
  readonly section: Section;
}

async function makeInstance(context: ComposeContext, { id, service, own, section, epoch }: Making): Promise<void> {
  const { base } = splitId(id);
  const recorded = await loadSection(context, base);
  if (recorded && !isSameSection(recorded, section)) throw specConflict(id);
  const before = await listServiceContainers(context, own);
  if (!hasId(before, id)) {
    await context.fence.assertCurrent(epoch);
    if (!recorded) await keepSection(context, { base, own, section });
    const ofBase = before.filter((container) => labelOf(container, LABELS.base) === base).length;
    const total = before.length + Math.max(1, findHighest(context, base) - ofBase);
    const { [own]: now } = await loadOverride(context);
    // Compose counts those that are kept to go back to. How many there are does not change what it takes a container for.
    await writeSection(context, { own, section: { ...section, scale: total }, epoch });
    try {
      await context.fence.assertCurrent(epoch);
      await makeContainers(context, { service, own, epoch });
    } finally {
      await writeSection(context, { own, section: now, epoch });
    }
  }
  await nameContainers(context, { own, base, epoch });
  if (!hasId(await listServiceContainers(context, own), id)) throw notCreated(id, own);
}

/** The highest number of those of a base that are asked for. */
function findHighest({ wanted }: ComposeContext, base: string): number {
  const asked = [...wanted].map(splitId).filter((each) => each.base === base);
  return Math.max(0, ...asked.map(({ number }) => number));
}

function hasId(containers: Parameters<typeof identifyContainers>[0], id: string): boolean {
  return identifyContainers(containers).some((found) => found.id === id);
}
