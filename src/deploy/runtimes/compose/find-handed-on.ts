import type { InstanceSpec } from '../runtime.ts';
import { type AnonymousVolume, chooseHandedOn } from './anonymous-volumes.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { labelOf, listServiceContainers } from './containers.ts';
import { splitId } from './instance-ids.ts';
import { LABELS } from './labels.ts';
import { listHandedOn } from './override.ts';
import { requireProjectService } from './project.ts';
import { loadSection } from './records.ts';

/**
 * The anonymous volumes that a new instance gets from the one before it, so that what was written there is found again. What was chosen once for
 * a base stays so. A one-shot gets none, and neither do several of a service: each has its own.
 */
export async function findHandedOn(
  context: ComposeContext,
  spec: InstanceSpec,
  imageVolumes: readonly string[],
): Promise<readonly AnonymousVolume[]> {
  const { service, own } = findService(context, spec.service);
  if (spec.kind === 'one-shot' || service.replicas > 1) return [];
  const { base } = splitId(spec.id);
  const recorded = await loadSection(context, base);
  if (recorded) return listHandedOn(recorded);
  const before = (await listServiceContainers(context, own)).filter(
    (container) => labelOf(container, LABELS.base) !== base,
  );
  return chooseHandedOn(before, requireProjectService(await context.project(), own), imageVolumes);
}
