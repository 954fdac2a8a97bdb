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
    `starts ${SWITCH_SERVICE} (${image}), which nobody knows yet`,
    ...(handed.length === 0
      ? []
      : [
          `stops the container${handed.length === 1 ? '' : 's'} of before; what is under way there may take ${plan.graceMs / 1000} s more, then it is cut off`,
        ]),
    `gives ${SWITCH_SERVICE} ${describeNames(services)}${handed.length === 0 ? '' : ` and ${describePorts(handed)}`}`,
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
  const inner = `Requests between services, by the name${services.length === 1 ? '' : 's'} ${names}: a container that stops refuses those that ask it in that moment; others notice nothing.`;
  if (handed.length === 0)
    return ['Nothing is interrupted: no port of the host changes hands, and no container stops.'];
  return [
    `Interrupted: ${describePorts(handed)}. Docker gives a port to one container at a time, so between steps ${4 + handed.length} and ${5 + handed.length} new connections are refused:`,
    'for as long as the old container takes to stop, and the port to change hands (some 0.2 s). The time is measured and said.',
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
