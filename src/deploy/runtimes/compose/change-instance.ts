import type { Service } from '../../../model/index.ts';
import { noInstance, stillRunning } from '../errors.ts';
import { giveWayToSwitch } from './aliases.ts';
import type { ComposeContext } from './compose-context.ts';
import { type Container, inspectContainer, labelOf, listServiceContainers } from './containers.ts';
import { notStopped } from './errors.ts';
import { LABELS } from './labels.ts';
import type { Found } from './list-instances.ts';
import { nameContainers } from './name-containers.ts';
import { baseOf } from './override.ts';
import { forgetOthers, loadSection } from './records.ts';
import { comeBackAlways, keepDown } from './restart-policy.ts';
import { loadOverride, writeSection } from './write-override.ts';

const POLL_MS = 20;
/** What a stop may take beyond the grace period: SIGKILL, and taking the container's network down. */
const STOP_LIMIT_MS = 30_000;

/** Starts the container; it is given what it needs of the network before. Resolves when its process runs, or has run. */
export async function startInstance(
  context: ComposeContext,
  id: string,
  { found, epoch }: { readonly found: Found | undefined; readonly epoch: number },
): Promise<void> {
  if (!found) throw noInstance(id);
  const { container, own } = found;
  if (container.State.Status === 'running' || container.State.Status === 'restarting') return;
  await context.inTurn(async () => {
    // Whoever had it made may have been cut off before it was named.
    const base = labelOf(container, LABELS.base);
    if (base !== undefined) await nameContainers(context, { own, base, epoch });
    await announce(context, { container, own, epoch });
  });
  await giveWayToSwitch(context, { id, own, container, epoch });
  await comeBackAlways(context, { container, own, epoch });
  await context.fence.assertCurrent(epoch);
  await context.engine.request({
    method: 'POST',
    path: `/containers/${container.Id}/start`,
    accepts: [304],
    timeoutMs: STOP_LIMIT_MS,
  });
}

/** The signal that its image or compose.yaml names, then SIGKILL; resolves when nothing of it runs. The container stays, and stays down. */
export async function stopInstance(
  context: ComposeContext,
  found: Found,
  { graceMs, epoch }: { readonly graceMs: number; readonly epoch: number },
): Promise<void> {
  const { container } = found;
  if (container.State.Status === 'created') return;
  if (!isDown(container)) await stopContainer(context, found, { graceMs, epoch });
  await keepDown(context, container, epoch);
}

/** The operator's word in onward.yaml, then the one that compose.yaml had when the container was made. */
export function chooseGraceMs(
  { graceMs, runtime }: Pick<Service, 'graceMs' | 'runtime'>,
  { Config }: Container,
): number {
  const { StopTimeout } = Config;
  const leavesIt = runtime.kind === 'compose' && runtime.leavesGrace;
  return leavesIt && typeof StopTimeout === 'number' ? StopTimeout * 1000 : graceMs;
}

async function stopContainer(
  { engine, fence, system }: ComposeContext,
  { container, instance, own }: Found,
  { graceMs, epoch }: { readonly graceMs: number; readonly epoch: number },
): Promise<void> {
  const limitMs = graceMs + STOP_LIMIT_MS;
  await fence.assertCurrent(epoch);
  await engine.request({
    method: 'POST',
    path: `/containers/${container.Id}/stop?t=${Math.ceil(graceMs / 1000)}`,
    accepts: [304, 404],
    timeoutMs: limitMs,
  });
  const deadline = system.clock.monotonicMs() + limitMs;
  for (;;) {
    const now = await inspectContainer({ engine }, container.Id);
    if (!now || isDown(now)) return;
    if (system.clock.monotonicMs() > deadline) throw notStopped(`${instance.id} of ${own}`, limitMs);
    await system.clock.sleep(POLL_MS);
  }
}

/** Removes the container of an instance that does not run. Its anonymous volumes stay: nobody else knows what they hold. */
export async function removeInstance(
  context: ComposeContext,
  { container, instance, own }: Found,
  epoch: number,
): Promise<void> {
  if (!isDown(container)) throw stillRunning(instance.id);
  await context.fence.assertCurrent(epoch);
  await context.engine.request({ method: 'DELETE', path: `/containers/${container.Id}`, accepts: [404, 409] });
  if (labelOf(container, LABELS.base) === undefined) return;
  const left = await listServiceContainers(context, own);
  await forgetOthers(context, { own, bases: left.map((other) => labelOf(other, LABELS.base)) });
}

function isDown({ State }: Container): boolean {
  return State.Status === 'created' || State.Status === 'exited' || State.Status === 'dead';
}

/** On the way back the override still says what the new ones were. */
async function announce(
  context: ComposeContext,
  { container, own, epoch }: { readonly container: Container; readonly own: string; readonly epoch: number },
): Promise<void> {
  const base = labelOf(container, LABELS.base);
  const section = base === undefined ? undefined : await loadSection(context, base);
  if (base !== undefined && (!section || baseOf((await loadOverride(context))[own]) === base)) return;
  await writeSection(context, { own, section, epoch });
}
