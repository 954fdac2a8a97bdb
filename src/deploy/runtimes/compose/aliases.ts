import type { Finding } from '../../../model/index.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { type Container, labelOf, listContainers } from './containers.ts';
import { COMPOSE_LABELS } from './labels.ts';
import { listNetworks } from './networks.ts';

export interface AliasChange {
  readonly network: string;
  readonly aliases: readonly string[];
  readonly ipam?: { readonly [key: string]: unknown };
  /** It is in the network now. */
  readonly isConnected: boolean;
}

/**
 * Where a container is about to take the service's name in a network although another one of the project, which is not of the service, has it:
 * the switch. Requests between services go by that name, and must go through the switch. A network that the container should be in and is
 * not, because somebody was cut off between the two steps, is among them. Pure.
 */
export function planAliases(
  container: Container,
  {
    id,
    own,
    others,
    networks,
  }: {
    readonly id: string;
    readonly own: string;
    readonly others: readonly Container[];
    /** The networks of the service, by the names of the engine. */
    readonly networks: readonly string[];
  },
): readonly AliasChange[] {
  if (networks.length === 0) return [];
  return networks.flatMap((network) => {
    const held = new Set(others.flatMap((other) => other.NetworkSettings.Networks[network]?.Aliases ?? []));
    const now = container.NetworkSettings.Networks[network];
    const aliases = now?.Aliases ?? [own];
    const isHeld = held.has(own) && aliases.includes(own);
    if (now && !isHeld) return [];
    const kept = aliases.filter((alias) => !held.has(alias) && !container.Id.startsWith(alias));
    const ipam = now?.IPAMConfig;
    return [
      { network, aliases: [...new Set([...kept, id])], isConnected: now !== undefined, ...(ipam ? { ipam } : {}) },
    ];
  });
}

/** Leaves the service's name in the project's networks to the switch. The container does not run yet. */
export async function giveWayToSwitch(
  context: ComposeContext,
  {
    id,
    own,
    container,
    epoch,
  }: { readonly id: string; readonly own: string; readonly container: Container; readonly epoch: number },
): Promise<void> {
  const project = await context.project();
  const networks = await listNetworks(context, own);
  const all = await listContainers(context, [`${COMPOSE_LABELS.project}=${project.name}`]);
  const others = all.filter((other) => labelOf(other, COMPOSE_LABELS.service) !== own);
  for (const { network, aliases, ipam, isConnected } of planAliases(container, { id, own, others, networks })) {
    const path = `/networks/${encodeURIComponent(network)}`;
    if (isConnected) {
      await context.fence.assertCurrent(epoch);
      const body = { Container: container.Id, Force: true };
      await context.engine.request({ method: 'POST', path: `${path}/disconnect`, body, accepts: [403, 404] });
    }
    await context.fence.assertCurrent(epoch);
    const body = {
      Container: container.Id,
      EndpointConfig: { Aliases: aliases, ...(ipam ? { IPAMConfig: ipam } : {}) },
    };
    await context.engine.request({ method: 'POST', path: `${path}/connect`, body, accepts: [403] });
  }
}

/**
 * Services whose containers answer to the service's name although the switch does: Compose gives it to whatever it makes, and an engine cannot take
 * it from one that runs. Whoever asks one of these in the moment in which it is stopped is refused, and the plan says so beforehand.
 */
export async function findSelfNamed(context: ComposeContext, services: readonly string[]): Promise<readonly Finding[]> {
  const { name: project } = await context.project();
  const all = (await listContainers(context, [`${COMPOSE_LABELS.project}=${project}`])).filter(
    ({ State }) => State.Status === 'running',
  );
  return services.flatMap((service) => {
    const { own } = findService(context, service);
    const isOwn = (container: Container) => labelOf(container, COMPOSE_LABELS.service) === own;
    const named = (container: Container) =>
      Object.entries(container.NetworkSettings.Networks)
        .filter(([, { Aliases }]) => Aliases?.includes(own))
        .map(([network]) => network);
    const held = new Set(all.filter((one) => !isOwn(one)).flatMap(named));
    const count = all.filter((one) => isOwn(one) && named(one).some((network) => held.has(network))).length;
    return count === 0 ? [] : [selfNamed(service, own, count)];
  });
}

function selfNamed(service: string, own: string, count: number): Finding {
  const who = count === 1 ? '1 container' : `${count} containers`;
  return {
    code: 'compose.self-named',
    severity: 'warning',
    message: `${who} of ${service} that Onward has not made ${count === 1 ? 'answers' : 'answer'} to the name ${own} beside the switch: when an upgrade stops ${count === 1 ? 'it' : 'them'}, another service that connects by that name can be refused for a moment, unless it then tries the other address of the name. Requests through the switch are not, and no later upgrade does it.`,
  };
}
