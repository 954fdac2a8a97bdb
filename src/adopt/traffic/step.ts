import { dirname, join } from 'node:path';
import type { System } from '../../system/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import { describeTraffic } from './describe-traffic.ts';
import { nothingToMove, ownHaproxy } from './errors.ts';
import { describeOwn, fillOwn, type OwnFrontend, observeOwn } from './own-frontends.ts';
import { isReadyMade } from './plan-traffic.ts';
import { type PreparedTraffic, prepareTraffic } from './prepare-traffic.ts';
import { runTraffic, type TrafficDone } from './run-traffic.ts';
import { SWITCH_FOLDER } from './switch-files.ts';
import { undoTraffic } from './undo-traffic.ts';

/** What the step does: in switches that are there, or that Onward brings along, and with the ready-made one, where services are to be behind that. */
export interface TrafficStep {
  readonly own: readonly OwnFrontend[];
  readonly made?: PreparedTraffic;
}

export interface TrafficRun {
  readonly step: TrafficStep;
  readonly say: (what: string) => void;
}

/** Looks and decides; changes nothing. Throws `adopt.no-traffic`, `switch.*` and what `prepareTraffic` throws. */
export async function prepareStep(
  system: System,
  installation: Installation,
  request: { readonly image: string; readonly graceMs: number },
): Promise<TrafficStep> {
  const own = await observeOwn(installation);
  const { services, file } = installation.deployment;
  const folder = join(dirname(file), SWITCH_FOLDER);
  const isMade = services.some((service) => isReadyMade(service.switch, folder));
  if (!isMade && own.length === 0) throw nothingToMove(folder);
  return { own, ...(isMade ? { made: await prepareTraffic(system, installation, request) } : {}) };
}

export function isStepDone({ own, made }: TrafficStep): boolean {
  return own.every(({ isServing }) => isServing) && (made?.isDone ?? true);
}

export function describeStep({ own, made }: TrafficStep): string {
  return [...(own.length > 0 ? [describeOwn(own)] : []), ...(made && !made.isDone ? [describeTraffic(made)] : [])].join(
    '\n\n',
  );
}

/** Carries the step out. Cut off anywhere, the same call goes on from what is there. */
export async function runStep(
  system: System,
  installation: Installation,
  { step: { own, made }, say }: TrafficRun,
): Promise<TrafficDone> {
  if (own.some(({ isServing }) => !isServing)) await fillOwn(system, installation, { services: own, say });
  return made && !made.isDone ? runTraffic(system, installation, { prepared: made, say }) : {};
}

/** Takes back what was made. Throws `adopt.own-haproxy` where that is nothing, and what `undoTraffic` throws. */
export async function undoStep(
  system: System,
  installation: Installation,
  { step: { made }, say }: TrafficRun,
): Promise<TrafficDone> {
  if (!made) throw ownHaproxy();
  return undoTraffic(system, installation, { prepared: made, say });
}
