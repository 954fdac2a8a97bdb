import { basename } from 'node:path';
import type { PreparedTraffic } from './prepare-traffic.ts';
import { type MovedService, SWITCH_SERVICE } from './traffic-plan.ts';

/** What the step does, in order, and what is interrupted by it: shown before anybody is asked. */
export function describeTraffic({ plan, layout }: PreparedTraffic): string {
  const { services, image } = plan;
  const handed = services.filter(({ host }) => host !== undefined);
  const envFile = basename(layout.envFile);
  const steps = [
    `writes ${layout.folder} (HAProxy's configuration, one file a service, and its sockets) and ${layout.compose}`,
    `${layout.envText === undefined ? 'makes' : 'changes'} ${envFile}: COMPOSE_FILE=${layout.files.join(':')}, so that plain "docker compose" reads them too`,
    ...handed.map(
      ({ origin, host }) =>
        `starts ${origin} once more beside itself, of the same image, without host port ${host?.port}, and waits until it is ready`,
    ),
    ...(handed.length === 0
      ? []
      : [`stops the container${handed.length === 1 ? '' : 's'} of before, once what is under way there is done`]),
    `starts ${SWITCH_SERVICE} (${image}) with ${describeNames(services)}${handed.length === 0 ? '' : ` and ${describePorts(handed)}`}`,
  ];
  return [
    'Brings the traffic behind the switch:',
    ...steps.map((step, index) => `  ${index + 1}  ${step}`),
    '',
    ...describeInterruption(services, handed),
    '"onward adopt traffic --undo" takes all of it back. No file of yours but the one line of COMPOSE_FILE is touched.',
  ].join('\n');
}

function describeInterruption(services: readonly MovedService[], handed: readonly MovedService[]): readonly string[] {
  const names = services.map(({ origin }) => origin).join(', ');
  const inner = `Requests between services, by the name${services.length === 1 ? '' : 's'} ${names}: none is interrupted. Connections that are open stay where they are.`;
  if (handed.length === 0) return ['Nothing is interrupted: no port of the host changes hands.', inner];
  return [
    `Interrupted: ${describePorts(handed)}. Docker gives a port to one container at a time, so between steps ${3 + handed.length} and ${4 + handed.length} new connections are refused:`,
    'for as long as the old container takes to finish what it has, and HAProxy to start (most often under a second; the time is measured and said).',
    inner,
  ];
}

function describeNames(services: readonly MovedService[]): string {
  const names = services.map(({ origin }) => origin);
  return `the name${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

function describePorts(services: readonly MovedService[]): string {
  const ports = services.flatMap(({ host }) => host?.port ?? []);
  return `host port${ports.length === 1 ? '' : 's'} ${ports.join(', ')}`;
}
