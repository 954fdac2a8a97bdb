import { type Digest, OnwardError } from '../model/index.ts';
import { chooseVersion } from '../release/index.ts';
import type { Installation } from './installation.ts';

/** What an upgrade would go to now, as far as identities tell. */
export interface Upcoming {
  readonly release: string;
  /** Services whose artifact it does not share with what runs. A changed configuration rolls others too; a plan says which. */
  readonly rolls: readonly string[];
  readonly carries: readonly string[];
}

interface Running {
  readonly service: string;
  /** What runs of it cannot be told. */
  readonly isHidden?: true;
  readonly instances: readonly { readonly state: string; readonly kind: string; readonly identity: Digest }[];
}

/**
 * Compares what runs with the release that the deployment's channel points to, by identity. `undefined` when that is what is installed, or
 * when the source does not say. It reads the source alone; the path there, its gates and configurations are a plan's.
 */
export async function observeUpcoming(
  { source, deployment }: Pick<Installation, 'source' | 'deployment'>,
  { current, services }: { readonly current: string; readonly services: readonly Running[] },
): Promise<Upcoming | undefined> {
  try {
    const { channel } = deployment.releases;
    const { version } = chooseVersion(await source.catalog(), { channel, current });
    if (version === current) return undefined;
    const { components } = await source.release(version);
    const isCarried = ({ service, instances }: Running): boolean => {
      const wanted = components.find((component) => component.service === service)?.identity;
      const own = instances.filter(({ state, kind }) => state === 'running' || kind === 'one-shot');
      return own.length > 0 && own.every(({ identity }) => identity === wanted);
    };
    const carries = services.filter(isCarried).map(({ service }) => service);
    const seen = services.filter(({ isHidden }) => !isHidden).map(({ service }) => service);
    const rolls = seen.filter((service) => !carries.includes(service));
    return { release: version, rolls, carries };
  } catch (error) {
    if (error instanceof OnwardError) return undefined;
    throw error;
  }
}
