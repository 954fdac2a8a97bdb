import type { Digest, Listen } from '../../../model/index.ts';
import { isDigest } from '../../../model/index.ts';
import type { Instance, InstanceState } from '../runtime.ts';
import { type Container, labelOf } from './containers.ts';
import { NO_IDENTITY } from './images.ts';
import { LABELS } from './labels.ts';

const NEVER = '0001-01-01T00:00:00Z';
const SIGNALS: Readonly<Record<number, string>> = { 134: 'SIGABRT', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' };

export interface Observation {
  readonly id: string;
  readonly service: string;
  readonly identity: Digest;
  readonly kind: Instance['kind'];
  /** Port of its requests; `undefined`: it has none, or which one cannot be told. */
  readonly port?: number | undefined;
  /** The network that it is reached by. */
  readonly network?: string | undefined;
}

/** What a container is as an instance. Pure. */
export function observeContainer(container: Container, seen: Observation): Instance {
  const { id, service, identity } = seen;
  const { State } = container;
  const state = chooseState(container);
  const config = labelOf(container, LABELS.config) ?? '';
  const kind = labelOf(container, LABELS.kind);
  const address = chooseAddress(container, seen);
  const alsoAt = address ? listOtherAddresses(container, address) : [];
  const exit = describeExit(container);
  const note = describeTrouble(container);
  return {
    id,
    service,
    release: labelOf(container, LABELS.release) ?? '',
    kind: kind === 'one-shot' || kind === 'service' ? kind : seen.kind,
    identity,
    config: isDigest(config) ? config : NO_IDENTITY,
    run: labelOf(container, LABELS.run) ?? '',
    state,
    ...(address ? { address } : {}),
    ...(alsoAt.length === 0 ? {} : { alsoAt }),
    ...(isNamed(container) ? { name: container.Name.replace(/^\//, '') } : {}),
    place: `container ${container.Name.replace(/^\//, '')}`,
    log: `docker logs ${container.Name.replace(/^\//, '')}`,
    ...(State.Pid > 0 ? { pid: State.Pid } : {}),
    restarts: container.RestartCount,
    ...(State.StartedAt === NEVER ? {} : { startedAt: State.StartedAt }),
    ...(exit ? { exit } : {}),
    ...(note === undefined ? {} : { note }),
  };
}

function chooseState({ State }: Container): InstanceState {
  switch (State.Status) {
    case 'created':
      return 'created';
    case 'running':
    case 'paused':
      return 'running';
    case 'restarting':
      return 'waiting';
    case 'exited':
      return 'stopped';
    case 'dead':
    case 'removing':
      return 'lost';
    default:
      return 'unknown';
  }
}

/** In a network of its project an engine knows it by its name; not in the network that all containers are in unless told, and not in the machine's. */
function isNamed({ HostConfig: { NetworkMode } }: Container): boolean {
  return !/^(host|none|default|bridge|container:.*)$/.test(NetworkMode);
}

/** Where it listens. A container that shares the network of this machine listens here. */
function chooseAddress({ NetworkSettings, HostConfig, State }: Container, seen: Observation): Listen | undefined {
  if (seen.port === undefined || State.Pid === 0) return undefined;
  if (HostConfig.NetworkMode === 'host') return { host: '127.0.0.1', port: seen.port };
  const networks = Object.entries(NetworkSettings.Networks).sort(([a], [b]) => (a < b ? -1 : 1));
  const [, chosen] =
    networks.find(([name]) => name === seen.network) ?? networks.find(([, { IPAddress }]) => IPAddress) ?? [];
  return chosen?.IPAddress ? { host: chosen.IPAddress, port: seen.port } : undefined;
}

/** In its other networks, and where this machine has its port. */
function listOtherAddresses({ NetworkSettings }: Container, { host, port }: Listen): readonly Listen[] {
  const others = Object.values(NetworkSettings.Networks).flatMap(({ IPAddress }) =>
    IPAddress && IPAddress !== host ? [{ host: IPAddress, port }] : [],
  );
  const published = NetworkSettings.Ports?.[`${port}/tcp`] ?? [];
  return [...others, ...published.map(({ HostIp, HostPort }) => ({ host: HostIp, port: Number(HostPort) }))];
}

/** The engine tells a signal as 128 and its number; how the process before it ended it forgets once another one runs. */
function describeExit({ State }: Container): Instance['exit'] | undefined {
  if (State.FinishedAt === NEVER || State.Status === 'running' || State.Status === 'paused') return undefined;
  const signal = SIGNALS[State.ExitCode] ?? null;
  return { code: signal === null ? State.ExitCode : null, signal, at: State.FinishedAt };
}

/** What the engine has seen go wrong. */
function describeTrouble({ State }: Container): string | undefined {
  const said: string[] = [];
  if (State.Status === 'paused') said.push('it is paused');
  if (State.OOMKilled) said.push('it was killed because its memory ran out');
  if (State.Error !== '') said.push(`the engine says "${State.Error}"`);
  if (State.Health?.Status === 'unhealthy') {
    const last = State.Health.Log?.at(-1)?.Output.trim().replace(/\s+/g, ' ').slice(0, 120) ?? '';
    said.push(`its health check fails${last === '' ? '' : ` (${last})`}`);
  }
  return said.length === 0 ? undefined : said.join(', ');
}
