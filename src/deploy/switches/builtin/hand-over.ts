import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Server as NetServer } from 'node:net';
import { mergeCounters } from './counters.ts';
import { handOverFailed } from './errors.ts';
import type { HandOverMessage } from './hand-over-message.ts';
import { listeningSocket } from './live-frontend.ts';
import { logFilePath } from './log-file.ts';
import { restartCounters } from './overlap.ts';
import type { Place } from './place.ts';
import type { Switchboard } from './switchboard.ts';

const LIMIT_MS = 10_000;

/**
 * Starts `program` as the next switch, and gives it the state and the listening sockets. Resolves once it serves; both accept until
 * then, so that no connection is refused. When it fails, the successor is dead and nothing has changed but, maybe, the office's files.
 */
export async function handOver(place: Place, switchboard: Switchboard, program: string): Promise<void> {
  if (!(await place.files.exists(program))) throw handOverFailed(program, 'there is no such file');
  const { frontends } = switchboard;
  const state = switchboard.encode();
  restartCounters(frontends);
  const child = await start(place, program);
  try {
    const listening = [...frontends.values()].filter(({ server }) => server.listening);
    const predecessors = [...state.predecessors, { process: place.processes.self(), counters: {} }];
    const services = listening.map(({ frontend }) => frontend.service);
    await converse(child, 'ready', { type: 'state', state: { ...state, predecessors }, services });
    for (const live of listening) {
      child.send({ type: 'listener', service: live.frontend.service }, listeningSocket(live) as unknown as NetServer);
    }
    await converse(child, 'serving');
    child.disconnect();
    child.unref();
  } catch (error) {
    await end(child);
    for (const { service, counters } of state.frontends) {
      const live = frontends.get(service);
      if (live) mergeCounters(live.traffic.counters, counters);
    }
    throw handOverFailed(program, error instanceof Error ? error.message : String(error));
  }
}

async function start(place: Place, program: string): Promise<ChildProcess> {
  const log = await open(logFilePath(place.directory), 'a', 0o600);
  try {
    return spawn(process.execPath, [program, place.stateDirectory, 'successor'], {
      cwd: place.directory,
      env: {},
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
  } finally {
    await log.close();
  }
}

/** Sends a message, if any, and waits for the answer. */
function converse(child: ChildProcess, answer: 'ready' | 'serving', message?: HandOverMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      if (error) reject(error);
      else resolve();
    };
    const onMessage = (received: unknown) => {
      if ((received as { type?: unknown } | null)?.type === answer) settle();
    };
    const onExit = () => settle(new Error('it ended at once'));
    const timer = setTimeout(() => settle(new Error(`it was not ${answer} within ${LIMIT_MS} ms`)), LIMIT_MS);
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.once('error', settle);
    if (message) child.send(message);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
