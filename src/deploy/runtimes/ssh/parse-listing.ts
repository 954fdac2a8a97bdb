import { unwrapContainerEnd } from '../container-exit.ts';
import type { Instance, InstanceState } from '../runtime.ts';
import { isImage } from './container-words.ts';
import { decodeSpec, type HostSpec } from './instance-spec.ts';

/** What systemd says of a unit, as far as it was asked. */
export interface UnitState {
  readonly active: string;
  readonly sub: string;
  readonly pid: number;
  readonly restarts: number;
  /** Microseconds of the host's monotonic clock; 0 when it never ran. */
  readonly startedUs: number;
}

/** The container of a unit, as its engine says. */
export interface UnitContainer {
  readonly isAlive: boolean;
  readonly pid: number;
  /** The id of its image. */
  readonly image: string;
}

/** One instance as its files and its unit say. */
export interface ListedInstance {
  readonly id: string;
  readonly unit: string;
  /** `undefined`: it cannot be read. */
  readonly spec: HostSpec | undefined;
  readonly desired: 'running' | 'stopped' | undefined;
  readonly port: number | undefined;
  readonly exit: Instance['exit'] | undefined;
  /** False when its unit is another instance by now. */
  readonly isHeld: boolean;
  readonly state: UnitState | undefined;
  /** Of an instance that is an image: the id that its image had when it was started. */
  readonly image: string | undefined;
  /** Of a unit that Onward has not started: it runs something else by now than what it was compared with. */
  readonly isProofLost: boolean;
  /** `undefined`: its unit has none; `unknown`: the engine does not say. */
  readonly container: UnitContainer | 'unknown' | undefined;
}

export interface Listing {
  /** Seconds since the host's boot. */
  readonly uptimeS: number;
  readonly instances: readonly ListedInstance[];
}

/** Of a container's states, those in which it has processes. */
const ALIVE = ['running', 'paused', 'removing', 'restarting'];

/** Reads what `scripts/list.ts` prints: lines of files, then a block of systemd for each instance that was ever started. */
export function parseListing(text: string): Listing {
  const [head = '', ...blocks] = splitBlocks(text);
  const states = blocks.map(parseUnit);
  const containers = parseContainers(head);
  const instances: ListedInstance[] = [];
  let uptimeS = 0;
  let fields = new Map<string, string>();
  const finish = (): void => {
    const id = fields.get('instance');
    if (id === undefined) return;
    const desired = fields.get('desired');
    const unit = fields.get('unit') ?? '';
    const spec = readSpec(fields.get('spec'));
    const isContainer = spec !== undefined && isImage(spec.artifact);
    const isHeld = fields.get('held-by') === id;
    const exit = readExit(fields.get('exit'));
    instances.push({
      id,
      unit,
      spec,
      desired: desired === 'running' || desired === 'stopped' ? desired : undefined,
      port: readPort(fields.get('address')),
      exit: exit && isContainer ? unwrapContainerEnd(exit) : exit,
      isHeld,
      state: desired === undefined ? undefined : states.shift(),
      image: fields.get('image-id'),
      isProofLost: fields.get('proof') === 'lost',
      container: isContainer && isHeld ? containers(unit) : undefined,
    });
  };
  for (const line of head.split('\n')) {
    const [, key = '', value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (key === 'uptime') uptimeS = Number(value);
    if (key === 'instance') {
      finish();
      fields = new Map();
    }
    fields.set(key, value);
  }
  finish();
  return { uptimeS, instances };
}

/** Lines such as `container search@a.service running 4711 sha256:…`, one for each unit that has one. */
function parseContainers(head: string): (unit: string) => ListedInstance['container'] {
  if (/^containers unknown$/m.test(head)) return () => 'unknown';
  const found = [...head.matchAll(/^container (\S+) (\w+) (\d+) (\S+)$/gm)].map(
    ([, unit = '', status = '', pid, image = '']) =>
      [unit, { isAlive: ALIVE.includes(status), pid: Number(pid), image }] as const,
  );
  const byUnit = new Map(found);
  return (unit) => byUnit.get(unit);
}

/** The lines of files come first; systemd's blocks begin with the first line that is a setting. */
function splitBlocks(text: string): readonly string[] {
  const lines = text.trimEnd().split('\n');
  const first = lines.findIndex((line) => /^[A-Z][A-Za-z]+=/.test(line));
  if (first === -1) return [text];
  const rest = lines.slice(first).join('\n').split(/\n\n+/);
  return [lines.slice(0, first).join('\n'), ...rest];
}

function parseUnit(block: string): UnitState {
  const settings = new Map(
    block.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
  const numberOf = (name: string): number => Number(settings.get(name) ?? 0) || 0;
  return {
    active: settings.get('ActiveState') ?? '',
    sub: settings.get('SubState') ?? '',
    pid: numberOf('MainPID'),
    restarts: numberOf('NRestarts'),
    startedUs: numberOf('ExecMainStartTimestampMonotonic'),
  };
}

function readSpec(text: string | undefined): HostSpec | undefined {
  try {
    return text === undefined ? undefined : decodeSpec(text);
  } catch {
    return undefined;
  }
}

function readPort(text: string | undefined): number | undefined {
  const port = Number(/^PORT=(\d+)$/.exec(text ?? '')?.[1]);
  return Number.isInteger(port) ? port : undefined;
}

/** `exited 7 1795250000` or `killed TERM 1795250000`. */
function readExit(text: string | undefined): Instance['exit'] | undefined {
  const [, kind, status = '', at] = /^(\w+) (\w+) (\d+)$/.exec(text ?? '') ?? [];
  if (kind === undefined) return undefined;
  const time = new Date(Number(at) * 1_000).toISOString();
  if (kind === 'exited') return { code: Number(status), signal: null, at: time };
  return { code: null, signal: status === 'none' ? null : `SIG${status}`, at: time };
}

/** What a host says of an instance, without its names. */
type Evidence = Omit<ListedInstance, 'id' | 'unit' | 'port' | 'image' | 'isProofLost'>;

/**
 * What the states of a unit and of its container mean for the instance that they are. The call of `docker run` that systemd watches may be there
 * without a container, before and after it; a container without the call is not watched, and must not be taken for the end of it.
 */
export function chooseState(evidence: Evidence): InstanceState {
  const { spec, desired, isHeld, container } = evidence;
  const state = chooseUnitState(evidence);
  if (!spec || !isImage(spec.artifact) || !isHeld || state === 'created' || state === 'unknown') return state;
  if (container === 'unknown') return 'unknown';
  if (container?.isAlive) return state === 'stopped' ? 'running' : state;
  return state === 'running' && spec.kind === 'service' && desired === 'running' ? 'waiting' : state;
}

/** A state that systemd may have and this does not know is unknown. */
function chooseUnitState({ spec, desired, isHeld, state, exit }: Evidence): InstanceState {
  if (!spec) return 'unknown';
  if (desired === undefined) return 'created';
  if (!isHeld) return desired === 'stopped' || spec.kind === 'one-shot' ? 'stopped' : 'lost';
  switch (state?.active) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return 'running';
    case 'activating':
      // A one-shot runs while systemd is still starting it; a service is not ready before systemd says that it has started.
      return spec.kind === 'one-shot' && !state.sub.startsWith('auto-restart') ? 'running' : 'waiting';
    case 'deactivating':
      return spec.kind === 'one-shot' || desired === 'stopped' ? 'running' : 'waiting';
    case 'inactive':
    case 'failed':
      return desired === 'stopped' || (spec.kind === 'one-shot' && exit) ? 'stopped' : 'lost';
    default:
      return 'unknown';
  }
}
