import { describeUser, type System } from '../../system/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import { observeProject } from '../compose/observe-project.ts';
import type { ObservedProject } from '../compose/project.ts';
import { readComposeFiles } from './compose-file-variable.ts';
import { createDockerCalls } from './docker-calls.ts';
import { imageMoved } from './errors.ts';
import { type Layout, observeLayout } from './layout.ts';
import { planTraffic } from './plan-traffic.ts';
import { loadRecord, type TrafficRecord } from './record.ts';
import { SWITCH_SERVICE, type TrafficPlan } from './traffic-plan.ts';

/** Everything that was looked at and decided before the step. */
export interface PreparedTraffic {
  readonly plan: TrafficPlan;
  readonly layout: Layout;
  readonly project: ObservedProject;
  /** Of an earlier step, made or cut off. */
  readonly record: TrafficRecord | undefined;
  /** The switch runs already. */
  readonly isDone: boolean;
}

/** Looks and decides; changes nothing. Throws `adopt.no-traffic`, `adopt.shared-port`, `adopt.files-named` and `adopt.image-moved`. */
export async function prepareTraffic(
  system: System,
  installation: Installation,
  request: { readonly image: string; readonly graceMs: number },
): Promise<PreparedTraffic> {
  const { deployment } = installation;
  const layout = await observeLayout(system, deployment);
  const { compose } = deployment;
  const project = await observeProject(system, {
    folder: layout.project,
    files: [],
    envFiles: compose?.envFiles ?? [],
    ...(compose?.project === undefined ? {} : { project: compose.project }),
  });
  const record = await loadRecord(system, layout.record);
  const found = planTraffic({ ...request, deployment, project, user: describeUser(), folder: layout.folder });
  const plan = record
    ? { ...found, services: found.services.map((service) => ({ ...service, ...record.ports[service.name] })) }
    : found;
  const running = project.containers.some((one) => one.service === SWITCH_SERVICE && one.state === 'running');
  if (!running) await assertSameImages(system, project, plan);
  const isNamed = readComposeFiles(layout.envText ?? '')?.join() === layout.files.join();
  return { plan, layout, project, record, isDone: running && isNamed && record?.isDone === true };
}

/** A container that is made anew must be of the image that the one before ran: this step changes who is asked, never what runs. */
async function assertSameImages(system: System, project: ObservedProject, plan: TrafficPlan): Promise<void> {
  const calls = createDockerCalls(system, project);
  for (const { origin } of plan.services.filter(({ host }) => host !== undefined)) {
    const image = project.services.find(({ name }) => name === origin)?.image;
    const running = project.containers.filter((one) => one.service === origin && one.state === 'running');
    const reference = image ?? running[0]?.image ?? '';
    const id = await calls.docker('image', 'inspect', '--format', '{{.Id}}', reference);
    if (running.some(({ imageId }) => imageId !== id)) throw imageMoved(origin, reference);
  }
}
