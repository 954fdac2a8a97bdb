import { listDoors, type MovedService, SWITCH_MOUNT, SWITCH_SERVICE, type TrafficPlan } from './traffic-plan.ts';

const MARK = '# Written by "onward adopt traffic", and taken back by "onward adopt traffic --undo".';

/** The Compose file that adds the switch to the project and gives it the ports and the names of the services behind it. */
export function renderSwitchCompose(plan: TrafficPlan): string {
  const lines = [
    MARK,
    'services:',
    `  ${SWITCH_SERVICE}:`,
    `    image: ${quote(plan.image)}`,
    `    command: ${JSON.stringify(listCommand())}`,
    `    user: ${quote(plan.user)}`,
    '    restart: unless-stopped',
    '    stop_signal: SIGUSR1',
    '    volumes:',
    `      - { type: bind, source: ${quote(plan.folder)}, target: ${SWITCH_MOUNT} }`,
    ...renderPorts(plan.services),
    ...renderNetworks(plan.services),
    ...plan.services.flatMap(renderService),
  ];
  return `${lines.join('\n')}\n`;
}

function listCommand(): readonly string[] {
  const files = ['-f', `${SWITCH_MOUNT}/haproxy.cfg`, '-f', `${SWITCH_MOUNT}/backends`];
  return ['haproxy', '-W', '-db', '-S', `${SWITCH_MOUNT}/run/master.sock,mode,600`, ...files];
}

function renderPorts(services: readonly MovedService[]): readonly string[] {
  const published = listDoors(services).flatMap(({ bind, host }) =>
    host ? [`      - ${quote(`${host.ip === undefined ? '' : `${host.ip}:`}${host.port}:${bind}`)}`] : [],
  );
  return published.length === 0 ? [] : ['    ports:', ...published];
}

function renderNetworks(services: readonly MovedService[]): readonly string[] {
  const names = [...new Set(services.flatMap(({ networks }) => networks.map(({ name }) => name)))];
  return [
    '    networks:',
    ...names.map((network) => {
      const aliases = services.flatMap((service) =>
        service.networks.filter(({ name }) => name === network).flatMap((own) => [service.origin, ...own.aliases]),
      );
      return `      ${quote(network)}: { aliases: [${[...new Set(aliases)].map(quote).join(', ')}] }`;
    }),
  ];
}

/** Of what the service publishes, the port of its requests goes; Compose adds lists up unless it is told to replace them. */
function renderService({ origin, host, otherPorts }: MovedService): readonly string[] {
  if (!host) return [];
  const ports = otherPorts.length === 0 ? '!reset []' : `!override [${otherPorts.map(quote).join(', ')}]`;
  return [`  ${quote(origin)}:`, `    ports: ${ports}`];
}

function quote(text: string): string {
  return JSON.stringify(text.replaceAll('$', '$$$$'));
}
