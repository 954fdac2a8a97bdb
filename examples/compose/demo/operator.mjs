import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyChanged } from '../../demo/files.mjs';
import { choosePorts } from '../../demo/ports.mjs';
import { docker } from './docker.mjs';

const EXAMPLE = fileURLToPath(new URL('..', import.meta.url));
const FILES = ['compose.yaml', 'shop.env', 'haproxy', 'load'];

/**
 * The operator's folder with the files of this example, on ports that are free. Nothing runs yet.
 *
 * @param {string} folder a new one
 * @param {object} settings
 * @param {string} settings.project
 * @param {string} settings.registry
 * @param {{ node: string, postgres: string, haproxy: string }} settings.images
 * @param {number} settings.insideRate requests a second between services
 */
export async function createOperator(folder, { project, registry, images, insideRate }) {
  const [port, databasePort] = await choosePorts(2);
  const password = randomBytes(16).toString('hex');
  await mkdir(folder);
  for (const name of FILES) await cp(join(EXAMPLE, name), join(folder, name), { recursive: true });
  for (const name of ['secrets', 'haproxy/backends', 'haproxy/run'])
    await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'secrets/db_password'), password, { mode: 0o600 });
  const variables = {
    COMPOSE_PROJECT_NAME: project,
    SHOP_REGISTRY: registry,
    SHOP_PORT: port,
    SHOP_DATABASE_PORT: databasePort,
    // Who runs Onward owns the sockets of HAProxy and the password, and can use them.
    SHOP_USER: `${process.getuid?.()}:${process.getgid?.()}`,
    NODE_IMAGE: images.node,
    POSTGRES_IMAGE: images.postgres,
    HAPROXY_IMAGE: images.haproxy,
    LOAD_RATE: insideRate,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, '.env'), lines.join(''));
  await copyChanged(join(EXAMPLE, 'onward.yaml'), join(folder, 'onward.yaml'), {
    'source: ./releases': 'source: ../releases',
    '127.0.0.1:5432': `127.0.0.1:${databasePort}`,
    '127.0.0.1:8080': `127.0.0.1:${port}`,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    databaseUrl: `postgres://shop:${password}@127.0.0.1:${databasePort}/shop`,
    /** `docker compose` as the operator types it in that folder. @param {string} command @param {AbortSignal} [signal] */
    compose: (command, signal) =>
      docker(['compose', ...command.split(' ')], { cwd: folder, ...(signal ? { signal } : {}) }),
  };
}
