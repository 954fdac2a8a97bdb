import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePorts } from '../../demo/ports.mjs';

const PATIENCE_MS = 20_000;

/**
 * A registry on a loopback port, which engines take without TLS, from the program `docker-registry`.
 *
 * @param {string} folder for what it holds
 * @returns {Promise<{ host: string, close: () => Promise<void> }>}
 */
export async function startRegistry(folder) {
  const [port] = await choosePorts(1);
  const host = `127.0.0.1:${port}`;
  const settings = join(folder, 'registry.json');
  const storage = { filesystem: { rootdirectory: join(folder, 'registry') } };
  await writeFile(settings, JSON.stringify({ version: '0.1', log: { level: 'error' }, storage, http: { addr: host } }));
  const server = spawn('docker-registry', ['serve', settings], { stdio: 'ignore', detached: true });
  const failed = once(server, 'error').then(([error]) => {
    throw new Error(`There is no docker-registry here (${error.message}): name a registry with --registry`);
  });
  await Promise.race([once(server, 'spawn'), failed]);
  const ended = once(server, 'exit');
  const close = async () => {
    server.kill('SIGKILL');
    await ended;
  };
  for (const deadline = Date.now() + PATIENCE_MS; !(await answers(host)); await sleep(50)) {
    if (Date.now() < deadline) continue;
    await close();
    throw new Error(`docker-registry did not answer within ${PATIENCE_MS / 1_000} s`);
  }
  return { host, close };
}

/** @param {string} host */
function answers(host) {
  return fetch(`http://${host}/v2/`).then(
    () => true,
    () => false,
  );
}
