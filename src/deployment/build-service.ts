import { resolve } from 'node:path';
import {
  type AdminAddress,
  assertNever,
  type Listen,
  type ReadyProbe,
  type RuntimeConfig,
  type Service,
  type SwitchConfig,
} from '../model/index.ts';
import { milliseconds } from './durations.ts';
import { parseSecret } from './secrets.ts';
import type { RawReady, RawService } from './service-schema.ts';

const READY_TIMEOUT_MS = 60_000;
const DRAIN_MS = 30_000;
const GRACE_MS = 10_000;
/** Long enough for a release that gets ready and then falls over to be noticed while the old instances still run. */
const SETTLE_MS = 10_000;

/** One service of the file with its defaults filled in. */
export function buildService(name: string, raw: RawService, folder: string): Service {
  const environment = Object.entries(raw.environment ?? {}).map(([key, value]) => [
    key,
    parseSecret(String(value), folder),
  ]);
  return {
    name,
    runtime: buildRuntime(name, raw),
    replicas: raw.replicas ?? 1,
    ...(raw.roll === undefined ? {} : { roll: raw.roll }),
    ...(raw.after === undefined ? {} : { after: raw.after }),
    ...(raw.ready === undefined ? {} : { ready: buildReadyProbe(raw.ready) }),
    readyTimeoutMs: milliseconds(raw.readyTimeout, READY_TIMEOUT_MS),
    switch: buildSwitch(raw.switch, folder),
    drainMs: milliseconds(raw.drain, DRAIN_MS),
    graceMs: milliseconds(raw.grace, GRACE_MS),
    settleMs: milliseconds(raw.settle, SETTLE_MS),
    environment: Object.fromEntries(environment),
  };
}

function buildReadyProbe(raw: RawReady): ReadyProbe {
  if ('http' in raw) return { kind: 'http', path: raw.http };
  if ('tcp' in raw) return { kind: 'tcp' };
  if ('up' in raw) return { kind: 'up', forMs: milliseconds(raw.up, 0) };
  return assertNever(raw);
}

function buildRuntime(name: string, raw: RawService): RuntimeConfig {
  switch (raw.runtime) {
    case 'process':
      return { kind: 'process' };
    case 'compose': {
      const port = raw.port === undefined ? undefined : Number(raw.port);
      const grace = raw.grace === undefined ? ({ leavesGrace: true } as const) : {};
      return { kind: 'compose', service: raw.service ?? name, ...(port === undefined ? {} : { port }), ...grace };
    }
    case 'ssh': {
      const atOnce = raw.atOnce ?? 1;
      return {
        kind: 'ssh',
        hosts: raw.hosts ?? [],
        unit: raw.unit ?? `${name}.service`,
        ports: listPorts(raw.port),
        atOnce: typeof atOnce === 'number' ? { hosts: atOnce } : { share: Number.parseInt(atOnce, 10) / 100 },
        canary: raw.canary ?? false,
      };
    }
    default:
      return assertNever(raw.runtime);
  }
}

function listPorts(raw: RawService['port']): readonly number[] {
  if (raw === undefined) return [];
  const [first = 0, last = first] = String(raw).split('-').map(Number);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

function buildSwitch(raw: RawService['switch'], folder: string): SwitchConfig {
  if (!raw) return { kind: 'none' };
  if ('builtin' in raw)
    return { kind: 'builtin', mode: raw.builtin.mode ?? 'http', listen: parseAddress(raw.builtin.listen) };
  const { socket, backend, file, master, listen, mode = 'http' } = raw.haproxy;
  return {
    kind: 'haproxy',
    mode,
    backend,
    admin: parseAdmin(socket, folder),
    ...(master === undefined ? {} : { master: parseAdmin(master, folder) }),
    file: resolve(folder, file),
    ...(listen === undefined ? {} : { listen: parseAddress(listen) }),
  };
}

function parseAdmin(text: string, folder: string): AdminAddress {
  return text.includes('/') ? { path: resolve(folder, text) } : parseAddress(text);
}

/** `host:port`, with an IPv6 host in brackets; the schema has accepted it. */
export function parseAddress(text: string): Listen {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
