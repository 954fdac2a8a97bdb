import type { PipedProcess } from '../../../system/index.ts';
import type { ComposeContext } from './compose-context.ts';
import { requireProjectService } from './project.ts';

const POLL_MS = 50;

/** The networks of a service, by the names of the engine. */
export async function listNetworks(context: ComposeContext, own: string): Promise<readonly string[]> {
  const project = await context.project();
  const keys = Object.keys((requireProjectService(project, own).networks as object | undefined) ?? {});
  return keys.map((key) => project.networks[key] ?? key);
}

/**
 * Lets a call of Compose begin that uses these networks. Two calls at once each make one that is not there yet, both of the same name, and Compose
 * refuses the project from then on. So a call that finds one missing has its turn until it has made it, or has ended.
 */
export async function releaseOnceNetworked(
  context: ComposeContext,
  own: string,
  { call, release }: { readonly call: PipedProcess; readonly release: () => Promise<void> },
): Promise<void> {
  const networks = await listNetworks(context, own);
  if (await areThere(context, networks)) return release();
  await context.inTurn(async () => {
    let hasEnded = false;
    void call.ended.then(() => {
      hasEnded = true;
    });
    await release();
    while (!hasEnded && !(await areThere(context, networks))) await context.system.clock.sleep(POLL_MS);
  });
}

async function areThere({ engine }: ComposeContext, networks: readonly string[]): Promise<boolean> {
  if (networks.length === 0) return true;
  const { body } = await engine.request({ path: '/networks' });
  const names = new Set((JSON.parse(body) as readonly { readonly Name: string }[]).map(({ Name }) => Name));
  return networks.every((network) => names.has(network));
}
