import { specConflict } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';
import { runCompose } from './compose-cli.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { labelOf, listServiceContainers } from './containers.ts';
import { notCreated } from './errors.ts';
import { identifyContainers, splitId } from './instance-ids.ts';
import { LABELS } from './labels.ts';
import { buildSection } from './override.ts';
import { requireProjectService } from './project.ts';
import { isSameSection, keepSection, loadSection } from './records.ts';
import { writeSection } from './write-override.ts';

/**
 * Has the override say what the instance is, and Compose make the container, which is not started: nothing else of the project is touched. A
 * crash in between leaves an override that nothing runs with yet; the same call again, or the way back, puts it right.
 */
export async function createInstance(context: ComposeContext, spec: InstanceSpec, epoch: number): Promise<void> {
  const { service, own } = findService(context, spec.service);
  const project = await context.project();
  requireProjectService(project, own);
  const { base, number } = splitId(spec.id);
  const { deployment, stateDirectory } = context;
  const section = buildSection(spec, { base, deployment, replicas: service.replicas, stateDirectory });
  await context.inTurn(async () => {
    const recorded = await loadSection(context, base);
    if (recorded && !isSameSection(recorded, section)) throw specConflict(spec.id);
    const before = await listServiceContainers(context, own);
    if (hasId(before, spec.id)) return;
    await context.fence.assertCurrent(epoch);
    if (!recorded) await keepSection(context, { base, own, section });
    await writeSection(context, { own, section, epoch });
    await context.fence.assertCurrent(epoch);
    const ofBase = before.filter((container) => labelOf(container, LABELS.base) === base).length;
    const total = before.length + number - ofBase;
    await runCompose(context, {
      files: [...project.files, context.compose.override],
      // Not "up" alone: that would start the stopped ones, which are kept to go back to.
      args: [
        ...['up', '--no-start', '--no-deps', '--no-recreate', '--no-build', '--pull', 'never'],
        ...['--scale', `${own}=${total}`, own],
      ],
    });
    if (!hasId(await listServiceContainers(context, own), spec.id)) throw notCreated(spec.id, own);
  });
}

function hasId(containers: Parameters<typeof identifyContainers>[0], id: string): boolean {
  return identifyContainers(containers).some((found) => found.id === id);
}
