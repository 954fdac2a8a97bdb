import { connect } from 'node:net';
import { assertNever, type Listen, type ReadyProbe } from '../model/index.ts';
import type { System } from '../system/index.ts';
import type { Instance } from './runtimes/runtime.ts';

const PROBE_TIMEOUT_MS = 2_000;

export interface ProbeResult {
  readonly isReady: boolean;
  /** What was seen, for a person: `GET /ready answered 503: no such table`. */
  readonly evidence: string;
}

/** Asks one instance once whether it can take work. Never throws: no answer is an answer. */
export async function probeInstance(system: System, instance: Instance, probe: ReadyProbe): Promise<ProbeResult> {
  if (instance.state !== 'running') return { isReady: false, evidence: describeState(instance) };
  switch (probe.kind) {
    case 'http':
      return instance.address ? probeHttp(system, instance.address, probe.path) : noAddress(instance);
    case 'tcp':
      return instance.address ? probeTcp(instance.address) : noAddress(instance);
    case 'up':
      return probeUp(system, instance, probe.forMs);
    default:
      return assertNever(probe);
  }
}

async function probeHttp(system: System, address: Listen, path: string): Promise<ProbeResult> {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const url = `http://${host}:${address.port}${path}`;
  try {
    const { status, body } = await system.http.send({ url, timeoutMs: PROBE_TIMEOUT_MS });
    const isReady = status >= 200 && status < 300;
    const words = body.trim().replace(/\s+/g, ' ').slice(0, 160);
    return { isReady, evidence: `GET ${path} answered ${status}${isReady || words === '' ? '' : `: ${words}`}` };
  } catch (error) {
    return { isReady: false, evidence: `GET ${path} was not answered (${(error as Error).message})` };
  }
}

function probeTcp(address: Listen): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: address.host, port: address.port, timeout: PROBE_TIMEOUT_MS });
    const finish = (isReady: boolean, evidence: string) => {
      socket.destroy();
      resolve({ isReady, evidence });
    };
    socket.once('connect', () => finish(true, `port ${address.port} accepts connections`));
    socket.once('error', (error) =>
      finish(false, `port ${address.port} does not accept connections (${error.message})`),
    );
    socket.once('timeout', () => finish(false, `port ${address.port} does not answer`));
  });
}

function probeUp(system: System, instance: Instance, forMs: number): ProbeResult {
  const upMs = system.clock.now().getTime() - Date.parse(instance.startedAt ?? '');
  return { isReady: upMs >= forMs, evidence: `has been up for ${Math.max(0, Math.round(upMs))} ms` };
}

function noAddress({ note }: Instance): ProbeResult {
  return { isReady: false, evidence: `has no address${note === undefined ? ' yet' : `: ${note}`}` };
}

function describeState(instance: Instance): string {
  const { exit, note, state } = instance;
  const noted = note === undefined ? '' : `, ${note}`;
  if (!exit) return `is ${state}${noted}`;
  return `is ${state}, it ended ${exit.signal ? `by ${exit.signal}` : `with exit code ${exit.code}`}${noted}`;
}
