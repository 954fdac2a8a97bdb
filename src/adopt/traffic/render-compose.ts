import { join } from 'node:path';
import { type ProxyFiles, renderHaproxyProxy } from '../../deploy/index.ts';
import { type MovedService, SWITCH_SERVICE, type TrafficPlan } from './traffic-plan.ts';

const MARK = '# Written by "onward adopt traffic", and taken back by "onward adopt traffic --undo".';

/** HAProxy's own files, and the service that runs it. Throws `switch.haproxy-cannot-tell-apart`. */
export function renderSwitch({ services, image, folder, user }: TrafficPlan): ProxyFiles {
  return renderHaproxyProxy(
    services.map(({ backend, mode, origin, port, host, networks }) => ({
      service: backend,
      mode,
      inside: {
        names: [...new Set([origin, ...networks.flatMap(({ aliases }) => aliases)])],
        networks: networks.map(({ name }) => name),
        ports: [port],
      },
      edges: host ? [{ port: host.port, ...(host.ip === undefined ? {} : { host: host.ip }) }] : [],
    })),
    { name: SWITCH_SERVICE, image, configFolder: folder, socketFolder: join(folder, 'run'), user },
  );
}

/** The Compose file that adds the switch to the project, and takes the host's ports from the services behind it. */
export function renderSwitchCompose(plan: TrafficPlan): string {
  const { compose } = renderSwitch(plan);
  return `${[MARK, 'services:', compose.trimEnd(), ...plan.services.flatMap(renderService)].join('\n')}\n`;
}

/** Of what the service publishes, the port of its requests goes; Compose adds lists up unless it is told to replace them. */
function renderService({ origin, host, otherPorts }: MovedService): readonly string[] {
  if (!host) return [];
  const ports = otherPorts.length === 0 ? '!reset []' : `!override ${JSON.stringify(otherPorts)}`;
  return [`  ${JSON.stringify(origin)}:`, `    ports: ${ports}`];
}
