import { describeAcceptance, formatCount, formatDuration, type QuarantineFact } from '../../model/index.ts';
import type { Status } from '../../upgrade/index.ts';
import { describeProgress } from './data-migrations.ts';
import { renderInstances, renderPlaces, renderUpcoming } from './instances.ts';
import { titleOf } from './progress.ts';

/** What serves now and what a run is doing, for a person. */
export function renderStatus(status: Status): string {
  const lines = [`${status.deployment}: ${describeRelease(status)}`, ''];
  const running = status.services.map(describeRunning);
  const width = Math.max(7, ...status.services.map((service) => service.service.length));
  const runningWidth = Math.max(22, ...running.map((text) => text.length));
  for (const [index, { service, traffic }] of status.services.entries()) {
    const requests = traffic
      ? `${formatCount(traffic.carried, 'request')}, ${traffic.failed} failed, ${traffic.inFlight} in flight${traffic.isHeld ? ', held' : ''}`
      : '';
    lines.push(`  ${service.padEnd(width)}  ${running[index]?.padEnd(runningWidth)}  ${requests}`.trimEnd());
  }
  for (const block of [renderInstances(status), renderPlaces(status.places)])
    if (block.length > 0) lines.push('', ...block);
  lines.push('', ...renderEnd(status), ...status.data.map(renderData), ...renderAccepted(status));
  lines.push(...status.quarantines.flatMap((one) => renderQuarantine(one, status)));
  return `${lines.join('\n')}\n`;
}

/** Whether everything could be looked at: each engine and host answers, and of each instance it is known what it does. */
export function isAllSeen({ problems, places, services }: Status): boolean {
  const isSeen = ({ isHidden, instances }: Status['services'][number]) => !isHidden && countUnknown(instances) === 0;
  return problems.length === 0 && places.every(({ isReachable }) => isReachable) && services.every(isSeen);
}

function countUnknown(instances: Status['services'][number]['instances']): number {
  return instances.filter(({ state }) => state === 'unknown').length;
}

function describeRunning({ running, instances, isHidden, replicas }: Status['services'][number]): string {
  const unknown = countUnknown(instances);
  if (isHidden || (unknown > 0 && running.length === 0)) return 'cannot be told';
  const known = running.reduce((sum, each) => sum + each.instances, 0) + unknown;
  if (running.length > 0)
    return [
      ...running.map(({ release, instances: count }) => `${count} x ${release || 'not made by Onward'}`),
      ...(unknown === 0 ? [] : [`${unknown} cannot be told`]),
      ...(known < replicas ? [`${replicas} wanted`] : []),
    ].join(', ');
  const done = instances.find(({ kind, exit }) => kind === 'one-shot' && exit?.code === 0);
  return done ? `done by ${done.release}` : 'not running';
}

/** What the run goes on in spite of. */
function renderAccepted({ run }: Status): readonly string[] {
  return (run?.accepted ?? []).map((acceptance) => `  ${acceptance.risk} ${describeAcceptance(acceptance)}`);
}

function describeRelease({ release, problems }: Status): string {
  if (release !== undefined) return `release ${release}`;
  return problems.length === 0 ? 'nothing is installed' : 'what is installed cannot be told';
}

function renderData(data: Status['data'][number]): string {
  const waiting = data.waitingFor === null ? [] : [`waiting for ${data.waitingFor}, since ${data.waitingSince ?? ''}`];
  const facts = [`${formatCount(data.scanned, 'row')} scanned`, ...describeProgress(data), ...waiting];
  return `  ${data.id}: ${facts.join('; ')}`;
}

/** What could not be seen, and the run; when there seems to be none, it may be what could not be seen. */
function renderEnd(status: Status): readonly string[] {
  const { problems, run } = status;
  const doctor = '-> Run "onward doctor" to see what is wrong and how it is repaired.';
  const unseen = isAllSeen(status) ? [] : [...problems, doctor];
  return !run && problems.length > 0 ? unseen : [...unseen, ...renderRun(status)];
}

function renderRun({ run, release, upcoming }: Status): readonly string[] {
  if (!run && release === undefined)
    return [
      '-> Run "onward provision" to install the first release, or "onward adopt release <version>" to put on record what runs already.',
    ];
  if (!run) return ['No run is going on.', ...renderUpcoming(upcoming)];
  const isContract = run.kind === 'contract';
  const path = isContract ? `Contract run ${run.run} up to ${run.to}` : `Run ${run.run} from ${run.from} to ${run.to}`;
  if (run.isAlive) {
    const eta =
      run.remainingMs === undefined
        ? 'no earlier run to tell how long it takes'
        : `about ${formatDuration(run.remainingMs)} left`;
    const doing = run.direction === 'back' ? 'is going back' : `is at: ${titleOf(run.step)}`;
    return [`${path} ${doing}; ${eta}.`, '-> Run "onward status --watch" to follow it.'];
  }
  const what =
    run.parkedAfter === undefined
      ? `was cut off at: ${titleOf(run.step)}`
      : `is parked after: ${titleOf(run.parkedAfter)}`;
  if (isContract) return [`${path} ${what}.`, '-> Run "onward contract" to go on.'];
  return [`${path} ${what}.`, '-> Run "onward upgrade" to go on, or "onward rollback" to go back.'];
}

/** Without a run that watches it, nobody would see who is refused; a person can give everything back with the statement. */
function renderQuarantine(
  { database, doomed, run, until, undo }: QuarantineFact,
  { lease }: Status,
): readonly string[] {
  const what = `In database ${database}, ${doomed.join(', ')} is in quarantine by run ${run}`;
  if (lease.kind === 'held' && lease.run === run) return [`${what}, until ${until}.`];
  return [
    `${what}, and nobody watches it any more.`,
    `-> Run "onward contract --undo" to give the privileges back, or this statement in ${database}:`,
    undo,
  ];
}
