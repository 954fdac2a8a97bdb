import type { PlaceFact } from '../../../model/index.ts';
import type { Work } from '../runtime.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { type Container, labelOf, listServiceContainers } from './containers.ts';
import { LABELS } from './labels.ts';

const MEMINFO = '/proc/meminfo';

/**
 * What new instances beside the old ones take, by what each of the old ones takes now, and what is available. A service of which nothing runs
 * needs no more than it always does. `undefined` when it cannot be told.
 */
export async function observeMemory(context: ComposeContext, { components }: Work): Promise<PlaceFact['memory']> {
  const freeBytes = await readAvailable(context);
  if (freeBytes === undefined) return undefined;
  let neededBytes = 0;
  for (const name of new Set(components.map(({ service }) => service))) {
    const { service, own } = findService(context, name);
    const identities: readonly string[] = components
      .filter((each) => each.service === name)
      .map(({ component }) => component.identity);
    const running = (await listServiceContainers(context, own)).filter(({ State }) => State.Status === 'running');
    // What runs what is wanted stays as it is.
    if (running.every((container) => identities.at(-1) === labelOf(container, LABELS.identity))) continue;
    const usages = await Promise.all(running.map((container) => readUsage(context, container)));
    neededBytes += Math.max(0, ...usages) * service.replicas;
  }
  return { neededBytes, freeBytes };
}

async function readAvailable({ system }: ComposeContext): Promise<number | undefined> {
  const text = await system.files.readTextIfPresent(MEMINFO);
  const kibibytes = /^MemAvailable:\s+(\d+) kB/m.exec(text ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Without the cache of files, which is given up when others need room. */
async function readUsage({ engine }: ComposeContext, { Id, HostConfig }: Container): Promise<number> {
  const { status, body } = await engine.request({
    path: `/containers/${Id}/stats?stream=false&one-shot=true`,
    accepts: [404],
  });
  if (status === 404) return 0;
  const { memory_stats: memory } = JSON.parse(body) as {
    readonly memory_stats?: { readonly usage?: number; readonly stats?: { readonly [name: string]: number } };
  };
  const cache = memory?.stats?.inactive_file ?? memory?.stats?.total_inactive_file ?? 0;
  return memory?.usage === undefined ? HostConfig.Memory : Math.max(0, memory.usage - cache);
}
