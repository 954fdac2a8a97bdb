import type { ComposeContext } from './compose-context.ts';
import { labelOf, listServiceContainers } from './containers.ts';
import { identifyContainers, nameOf } from './instance-ids.ts';
import { LABELS } from './labels.ts';

/** Gives containers the names of their instances, so that which is which can be seen, whichever of them goes away. */
export async function nameContainers(
  context: ComposeContext,
  { own, base, epoch }: { readonly own: string; readonly base: string; readonly epoch: number },
): Promise<void> {
  const { name: project } = await context.project();
  for (const { id, container } of identifyContainers(await listServiceContainers(context, own))) {
    const name = nameOf(project, id);
    if (labelOf(container, LABELS.base) !== base || container.Name === `/${name}`) continue;
    await context.fence.assertCurrent(epoch);
    await context.engine.request({ method: 'POST', path: `/containers/${container.Id}/rename?name=${name}` });
  }
}
