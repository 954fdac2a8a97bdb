import { OnwardError, type RuntimeFacts } from '../../../model/index.ts';
import { listAnonymous, listDivided } from './anonymous-volumes.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { type Container, listServiceContainers } from './containers.ts';
import { findExclusive } from './exclusive.ts';
import { COMPOSE_LABELS } from './labels.ts';
import { describeSharing, findLosses } from './losses.ts';

type Sharing = Partial<Pick<RuntimeFacts, 'exclusive' | 'losses'>>;

/** What old and new containers of a service cannot both have, and what is lost with the old ones. */
export async function observeSharing(context: ComposeContext, name: string): Promise<Sharing> {
  const { service, own } = findService(context, name);
  const project = await context.project();
  const section = project.services[own];
  if (!section) return {};
  const { replicas, roll } = service;
  const running = roll === 'one-shot' ? [] : await listRunning(context, own);
  const anonymous = running.flatMap((container) => listAnonymous(container, section));
  const divided = replicas > 1 ? anonymous.map(({ target }) => target) : listDivided(running, section);
  const handedOn = divided.length > 0 ? [] : anonymous.filter((each) => !each.isReadOnly).map(({ target }) => target);
  const exclusive = findExclusive(name, section, { replicas, handedOn });
  const losses = [
    ...(divided.length > 0 ? [describeDivided(divided)] : []),
    ...findLosses(project, own),
    ...(await findSharers(context, running)),
  ];
  return {
    ...(exclusive ? { exclusive: [exclusive] } : {}),
    ...(losses.length > 0 ? { losses: [{ service: name, why: losses.join('; ') }] } : {}),
  };
}

function describeDivided(targets: readonly string[]): string {
  const paths = [...new Set(targets)].sort().join(' and ');
  return `each of its containers has a volume of its own at ${paths}, which has no name, and a new one gets an empty one: give it a name in compose.yaml, or a tmpfs if nothing in it has to be kept`;
}

/** Containers that Compose did not make for the project, and have the network of one of these. */
async function findSharers(context: ComposeContext, running: readonly Container[]): Promise<readonly string[]> {
  if (running.length === 0) return [];
  const { body } = await context.engine.request({ path: '/containers/json?all=1' });
  const modes = running.map(({ Id }) => `container:${Id}`);
  const { name } = await context.project();
  return (JSON.parse(body) as readonly Listed[])
    .filter(
      ({ HostConfig, Labels }) => modes.includes(HostConfig.NetworkMode) && Labels?.[COMPOSE_LABELS.project] !== name,
    )
    .map(({ Names }) => describeSharing((Names[0] ?? '').replace(/^\//, '')));
}

interface Listed {
  readonly Names: readonly string[];
  readonly Labels?: { readonly [label: string]: string } | null;
  readonly HostConfig: { readonly NetworkMode: string };
}

/** None while the engine is away, which is said of the place. */
async function listRunning(context: ComposeContext, own: string): Promise<readonly Container[]> {
  const found = await listServiceContainers(context, own).catch((error: unknown) => {
    if (error instanceof OnwardError && error.code === 'compose.no-engine') return [];
    throw error;
  });
  return found.filter(({ State }) => State.Status === 'running' || State.Status === 'restarting');
}
