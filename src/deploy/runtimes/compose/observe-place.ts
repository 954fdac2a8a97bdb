import { type Finding, OnwardError, type PlaceFact, type RuntimeFacts } from '../../../model/index.ts';
import { roomForImage } from '../pull.ts';
import type { Work } from '../runtime.ts';
import { checkProject } from './check-project.ts';
import { checkVersions } from './check-versions.ts';
import type { ComposeContext } from './compose-context.ts';
import { hasImage } from './images.ts';
import { observeMemory } from './observe-memory.ts';
import { observeSharing } from './observe-sharing.ts';

interface EngineInfo {
  readonly ServerVersion: string;
  readonly DockerRootDir: string;
}

/** What stands in the way of a piece of work at the engine and in the operator's files. Changes nothing and never throws. */
export async function observePlace(context: ComposeContext, work: Work): Promise<RuntimeFacts> {
  const [place, versions, files] = await Promise.all([
    observeEngine(context, work),
    checkVersions(context),
    observeFiles(context, work),
  ]);
  return {
    places: [place],
    exclusive: files.exclusive,
    losses: files.losses ?? [],
    findings: [...versions, ...files.findings],
  };
}

async function observeEngine(context: ComposeContext, work: Work): Promise<PlaceFact> {
  const runtime = 'compose' as const;
  try {
    const socket = await context.engine.locate();
    const info = JSON.parse((await context.engine.ask({ path: '/info' })).body) as EngineInfo;
    const [disk, memory] = await Promise.all([observeDisk(context, work, info), observeMemory(context, work)]);
    const evidence = `Docker ${info.ServerVersion} at ${socket}`;
    return {
      runtime,
      place: 'docker',
      isReachable: true,
      evidence,
      ...(disk ? { disk } : {}),
      ...(memory ? { memory } : {}),
    };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return { runtime, place: 'docker', isReachable: false, evidence: error.message };
  }
}

/** Of images that the engine does not hold yet. `undefined` when its folder is not one of this machine. */
async function observeDisk(
  context: ComposeContext,
  { components }: Work,
  { DockerRootDir }: EngineInfo,
): Promise<PlaceFact['disk']> {
  const { files } = context.system;
  if (!(await files.isFolder(DockerRootDir).catch(() => false))) return undefined;
  const images = new Map(
    components.flatMap(({ component }) =>
      component.kind === 'image' ? [[component.identity, component] as const] : [],
    ),
  );
  let neededBytes = 0;
  for (const image of images.values()) {
    if (!(await hasImage(context, image))) neededBytes += roomForImage(image.bytes);
  }
  return { neededBytes, freeBytes: await files.freeBytes(DockerRootDir) };
}

async function observeFiles(
  context: ComposeContext,
  work: Work,
): Promise<Pick<RuntimeFacts, 'exclusive' | 'losses' | 'findings'>> {
  try {
    const [found, findings] = await Promise.all([
      Promise.all(context.services.map(({ name }) => observeSharing(context, name))),
      checkProject(context, work),
    ]);
    return {
      exclusive: found.flatMap(({ exclusive }) => exclusive ?? []),
      losses: found.flatMap(({ losses }) => losses ?? []),
      findings,
    };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return { exclusive: [], losses: [], findings: [toFinding(error)] };
  }
}

function toFinding({ code, message, hint }: OnwardError): Finding {
  return { code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) };
}
