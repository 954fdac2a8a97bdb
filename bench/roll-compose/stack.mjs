import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from '../../examples/compose/demo/docker.mjs';
import { oweRemoval } from '../clean-up.mjs';
import { choosePorts } from '../deployment.mjs';
import { renderCompose } from './files.mjs';
import { NAMES } from './services.mjs';

const POLL_MS = 20;
/** For a new version to be all that answers. */
const LIMIT_MS = 60_000;
const IN_A_ROW = 20;

/**
 * A Compose project of its own, whose folder is the operator's. Only HAProxy runs at first.
 *
 * @param {string} folder
 * @param {{ haproxy: string, registry: string, configuration: string }} options
 */
export async function createStack(folder, { haproxy, registry, configuration }) {
  const project = `onward-bench-${randomBytes(4).toString('hex')}`;
  const ports = Object.fromEntries(await choosePorts(NAMES));
  for (const name of ['backends', 'run']) await mkdir(join(folder, 'haproxy', name), { recursive: true });
  await writeFile(join(folder, 'compose.yaml'), renderCompose({ haproxy, registry, ports }));
  await writeFile(join(folder, '.env'), `COMPOSE_PROJECT_NAME=${project}\n`);
  await writeFile(join(folder, 'haproxy/haproxy.cfg'), configuration);
  const compose = (/** @type {readonly string[]} */ ...args) => docker(['compose', ...args], { cwd: folder });
  const stack = {
    folder,
    ports,
    compose,
    /** Has Compose use the images of a version from now on. @param {string} version */
    choose: (version) => writeFile(join(folder, '.env'), `COMPOSE_PROJECT_NAME=${project}\nTAG=${version}\n`),
    /** Ids of what runs of a service. @param {string} name */
    list: async (name) => (await compose('ps', '--quiet', name)).split('\n').filter((id) => id !== ''),
    /** Resolves once a version is all that answers. @param {string} version */
    untilServes: (version) => Promise.all(NAMES.map((name) => untilServes(ports[name] ?? 0, version))),
    /** What became of HAProxy, for when something has gone wrong: nobody here ever stops it. */
    async describe() {
      const format =
        '{{.State.Status}} since {{.State.StartedAt}}, exit code {{.State.ExitCode}}, started again {{.RestartCount}} times';
      const container = await compose('ps', '--all', '--quiet', 'haproxy');
      return `HAProxy is ${await docker(['inspect', '--format', format, container])}`;
    },
    remove: oweRemoval(`Compose project ${project}`, () => compose('down', '--volumes', '--timeout', '1')),
  };
  await compose('up', '--detach', 'haproxy');
  return stack;
}

/** @param {number} port @param {string} version */
async function untilServes(port, version) {
  const deadline = performance.now() + LIMIT_MS;
  for (let seen = 0; seen < IN_A_ROW; await sleep(POLL_MS)) {
    if (performance.now() > deadline) throw new Error(`${version} was not all that answers within ${LIMIT_MS} ms`);
    seen = (await askVersion(port)) === version ? seen + 1 : 0;
  }
}

/** @param {number} port @returns {Promise<string | undefined>} */
function askVersion(port) {
  return fetch(`http://127.0.0.1:${port}/start`, { headers: { connection: 'close' } }).then(
    async (response) => (response.ok ? (await response.json()).version : undefined),
    () => undefined,
  );
}
