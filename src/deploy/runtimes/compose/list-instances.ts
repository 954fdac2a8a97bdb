import type { Instance } from '../runtime.ts';
import { choosePort } from './choose-port.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { type Container, listServiceContainers } from './containers.ts';
import type { createIdentities } from './images.ts';
import { identifyContainers } from './instance-ids.ts';
import { observeContainer } from './observe-container.ts';
import type { Project } from './project-model.ts';

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

/** The network by which a service is reached, by the engine's name. */
async function chooseNetwork(context: ComposeContext, own: string): Promise<string | undefined> {
  const project = await context.project();
  const key = chooseNetworkKey(project, own);
  return key === undefined ? undefined : (project.networks[key] ?? key);
}

/** Of several the one in which another service of the project, the switch, has its name; else the project's own. Pure. */
export function chooseNetworkKey({ services }: Pick<Project, 'services'>, own: string): string | undefined {
  const keys = Object.keys((services[own]?.networks ?? {}) as object).sort();
  const holders = Object.entries(services).filter(([name]) => name !== own);
  const isHeld = (key: string) =>
    holders.some(([, { networks }]) => {
      const found = (
        networks as { readonly [key: string]: { readonly aliases?: readonly string[] } | null } | undefined
      )?.[key];
      return found?.aliases?.includes(own) ?? false;
    });
  return keys.find(isHeld) ?? (keys.includes('default') ? 'default' : keys[0]);
}
