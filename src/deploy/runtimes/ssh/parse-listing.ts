import type { Instance, InstanceState } from '../runtime.ts';
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
}

export interface Listing {
  /** Seconds since the host's boot. */
  readonly uptimeS: number;
  readonly instances: readonly ListedInstance[];
}

/** Reads what `scripts/list.ts` prints: lines of files, then a block of systemd for each instance that was ever started. */
export function parseListing(text: string): Listing {
  const [head = '', ...blocks] = splitBlocks(text);
  const states = blocks.map(parseUnit);
  const instances: ListedInstance[] = [];
  let uptimeS = 0;
  let fields = new Map<string, string>();
  const finish = (): void => {
    const id = fields.get('instance');
    if (id === undefined) return;
    const desired = fields.get('desired');
    const unit = fields.get('unit') ?? '';
    instances.push({
      id,
      unit,
      spec: readSpec(fields.get('spec')),
      desired: desired === 'running' || desired === 'stopped' ? desired : undefined,
      port: readPort(fields.get('address')),
      exit: readExit(fields.get('exit')),
      isHeld: fields.get('held-by') === id,
      state: desired === undefined ? undefined : states.shift(),
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

/** What the state of a unit means for the instance that it is. A state that systemd may have and this does not know is unknown. */
export function chooseState({
  spec,
  desired,
  isHeld,
  state,
  exit,
}: Omit<ListedInstance, 'id' | 'unit' | 'port'>): InstanceState {
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
