import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePorts, writeArtifact } from '../deployment.mjs';
import { SERVICES } from './services.mjs';

const POLL_MS = 20;
/** From SIGTERM to SIGKILL, as Docker has it. */
const GRACE_MS = 10_000;
/** For a service to become ready. */
const LIMIT_MS = 30_000;

/**
 * The same services without a switch, on fixed ports: the old one ends, then the new one starts. That is what `docker compose up -d` does
 * to a container whose image has changed.
 *
 * @param {string} folder
 */
export async function createPlainServices(folder) {
  const names = Object.keys(SERVICES);
  const ports = Object.fromEntries(await choosePorts(names));
  /** @type {Map<string, import('node:child_process').ChildProcess>} */
  const running = new Map();

  const start = async (name, version) => {
    const artifact = join(folder, version, name);
    await writeArtifact(artifact, { version, startMs: SERVICES[name]?.startMs });
    const env = { ...process.env, PORT: String(ports[name]), HOST: '127.0.0.1' };
    running.set(name, spawn(process.execPath, ['main.mjs'], { cwd: artifact, env, stdio: 'ignore' }));
    const deadline = performance.now() + LIMIT_MS;
    while (!(await isReady(ports[name]))) {
      if (performance.now() > deadline) throw new Error(`${name} ${version} did not become ready`);
      await sleep(POLL_MS);
    }
  };
  const stop = async (name) => {
    const child = running.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await ended;
    clearTimeout(limit);
  };
  const replace = async (name, version) => {
    await stop(name);
    await start(name, version);
  };

  return {
    ports,
    /** One after the other; resolves with the time until all serve. */
    sequentially: (version) =>
      timed(() => names.reduce((before, name) => before.then(() => replace(name, version)), Promise.resolve())),
    /** Each as soon as those before it serve. */
    sideBySide: (version) =>
      timed(async () => {
        const done = new Map();
        for (const name of names) {
          const before = (SERVICES[name]?.after ?? []).map((each) => done.get(each));
          done.set(
            name,
            Promise.all(before).then(() => replace(name, version)),
          );
        }
        await Promise.all(done.values());
      }),
    stopAll: () => Promise.all(names.map(stop)),
  };
}

async function timed(run) {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

async function isReady(port) {
  return fetch(`http://127.0.0.1:${port}/ready`, { headers: { connection: 'close' } }).then(
    (response) => response.arrayBuffer().then(() => response.ok),
    () => false,
  );
}
