import type { RollClass } from '../../model/index.ts';
import type { ComposeService, Mount, ObservedProject, PublishedPort } from '../compose/project.ts';
import { type Decision, guessed, told } from './decision.ts';
import { findFixedPort } from './service-port.ts';

const SINGLETON = /(^|[-_\s/])(scheduler|beat|cron|crond|clock|leader|singleton)([-_\s]|$)/i;
const ONCE = /(^|[-_\s/.:])(migrat(e|ions?|or)|db-?setup|setup|init|seed|bootstrap|upgrade)([-_\s.]|$)/i;

export interface RollFacts {
  readonly port: number | undefined;
  readonly replicas: number;
  /** A HAProxy of the operator's that is in front of it, and is to be its switch. */
  readonly front?: string;
}

/** How a service of Compose can move from old to new, the first reason that holds. */
export function chooseRollClass(
  project: ObservedProject,
  service: ComposeService,
  { port, replicas, front }: RollFacts,
): Decision<RollClass> {
  const oneShot = findOneShot(project, service);
  if (oneShot) return oneShot;
  const lonely = replicas > 1 ? undefined : findReasonForOne(service, port);
  if (lonely) return lonely;
  if (port === undefined)
    return guessed('overlap', 'it listens on no port: a worker, of which old and new may run at once');
  const fixed = findFixedPort(service, port);
  if (front !== undefined) return chooseBehind(front, fixed);
  if (!fixed) return told('start-first', 'it holds no port of the host, so old and new can run at once');
  const place = `${fixed.hostIp === undefined ? '' : `${fixed.hostIp}:`}${fixed.published}`;
  return told(
    'start-first',
    `once HAProxy holds host port ${place}, as "onward adopt traffic" makes it; until then it would be stop-first`,
  );
}

/** What the port of the host leads to is past the switch, and a second container could not have it. */
function chooseBehind(front: string, fixed: PublishedPort | undefined): Decision<RollClass> {
  if (!fixed) return told('start-first', `${front} stands in front of it, and it holds no port of the host`);
  return told(
    'stop-first',
    `it holds host port ${fixed.published} beside ${front}; take that out of compose.yaml, and it can be start-first`,
  );
}

function findOneShot(project: ObservedProject, service: ComposeService): Decision<RollClass> | undefined {
  const waiting = project.services.find(({ dependsOn }) =>
    dependsOn.some((one) => one.service === service.name && one.condition === 'service_completed_successfully'),
  );
  if (waiting) return told('one-shot', `${waiting.name} waits until it has completed`);
  const own = project.containers.filter((one) => one.service === service.name);
  const words = `${service.name} ${service.command.join(' ')}`;
  const isKeptUp = ['always', 'unless-stopped'].includes(service.restart ?? 'no');
  if (isKeptUp || own.some(({ state }) => state === 'running')) return undefined;
  if (own.some(({ state, exitCode }) => state === 'exited' && exitCode === 0)) {
    return guessed('one-shot', 'it has ended with exit code 0, and nothing starts it again');
  }
  if (ONCE.test(words)) return guessed('one-shot', 'it does not run, and its name or command is that of a task');
  return undefined;
}

/** Why two of it cannot run at once. */
function findReasonForOne(service: ComposeService, port: number | undefined): Decision<RollClass> | undefined {
  const { containerName, networkMode, ports, mounts, name, command } = service;
  if (SINGLETON.test(`${name} ${command.join(' ')}`)) {
    return guessed('stop-first', 'by its name it is a singleton: two at once would do everything twice');
  }
  const written = mounts.find(isWritten);
  if (written) {
    return told(
      'stop-first',
      `it writes to ${written.source ?? 'a volume'} at ${written.target}, which two at once would share`,
    );
  }
  if (containerName !== undefined) return told('stop-first', `only one container can be called ${containerName}`);
  if (networkMode === 'host')
    return told('stop-first', 'it uses the network of the host, where its ports can be held once');
  const other = ports.find(
    (one) => /^\d+$/.test(one.published ?? '') && (one.target !== port || one.protocol !== 'tcp'),
  );
  if (!other) return undefined;
  return told('stop-first', `it holds host port ${other.published}/${other.protocol}, which only one can hold`);
}

/** Sockets and system files are looked at, not written to. */
function isWritten({ kind, isReadOnly, source, target }: Mount): boolean {
  if (isReadOnly || (kind !== 'volume' && kind !== 'bind')) return false;
  return !/\.sock$|^\/(etc|dev|proc|sys)\//.test(source ?? '') && !/\.sock$|^\/etc\/localtime$/.test(target);
}
