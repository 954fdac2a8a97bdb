import { assertNever, type Listen, type ReadyProbe, type Service, type SwitchConfig } from '../model/index.ts';
import { milliseconds } from './durations.ts';
import type { RawReady, RawService } from './schema.ts';
import { parseSecret } from './secrets.ts';

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
    runtime: raw.runtime,
    replicas: raw.replicas ?? 1,
    ...(raw.roll === undefined ? {} : { roll: raw.roll }),
    ...(raw.after === undefined ? {} : { after: raw.after }),
    ...(raw.ready === undefined ? {} : { ready: buildReadyProbe(raw.ready) }),
    readyTimeoutMs: milliseconds(raw.readyTimeout, READY_TIMEOUT_MS),
    switch: buildSwitch(raw.switch),
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

function buildSwitch(raw: RawService['switch']): SwitchConfig {
  if (!raw) return { kind: 'none' };
  return { kind: 'builtin', mode: raw.builtin.mode ?? 'http', listen: parseAddress(raw.builtin.listen) };
}

/** `host:port`, with an IPv6 host in brackets; the schema has accepted it. */
export function parseAddress(text: string): Listen {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
