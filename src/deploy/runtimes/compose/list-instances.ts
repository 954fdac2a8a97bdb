import type { Instance } from '../runtime.ts';
import { choosePort } from './choose-port.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { type Container, listServiceContainers } from './containers.ts';
import type { createIdentities } from './images.ts';
import { identifyContainers } from './instance-ids.ts';
import { observeContainer } from './observe-container.ts';

export interface Found {
  readonly instance: Instance;
  readonly container: Container;
  /** Name of its service in compose.yaml. */
  readonly own: string;
}

/** The instances of a service, each with its container. */
export async function findInstances(
  context: ComposeContext,
  name: string,
  identify: ReturnType<typeof createIdentities>,
): Promise<readonly Found[]> {
  const { service, own } = findService(context, name);
  const port = service.runtime.kind === 'compose' ? service.runtime.port : undefined;
  const containers = await listServiceContainers(context, own);
  const network = await chooseNetwork(context, own);
  return Promise.all(
    identifyContainers(containers).map(async ({ id, container }) => ({
      container,
      own,
      instance: observeContainer(container, {
        id,
        service: name,
        identity: await identify(container),
        kind: service.roll === 'one-shot' ? 'one-shot' : 'service',
        port: choosePort(container, port),
        network,
      }),
    })),
  );
}

/** Finds an instance of any service by its id. */
export async function findInstance(
  context: ComposeContext,
  id: string,
  identify: ReturnType<typeof createIdentities>,
): Promise<Found | undefined> {
  for (const { name } of context.services) {
    const found = (await findInstances(context, name, identify)).find(({ instance }) => instance.id === id);
    if (found) return found;
  }
  return undefined;
}

/** The network by which a service is reached: the project's own, where it has several. */
async function chooseNetwork(context: ComposeContext, own: string): Promise<string | undefined> {
  const { networks, services } = await context.project();
  const names = Object.keys((services[own]?.networks as object | undefined) ?? {}).sort();
  const key = names.includes('default') ? 'default' : names[0];
  return key === undefined ? undefined : (networks[key] ?? key);
}
