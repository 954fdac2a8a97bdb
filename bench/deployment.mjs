import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SERVICE = fileURLToPath(new URL('service.mjs', import.meta.url));

/**
 * A product of services that take a while to start, its releases, and one deployment of it on the process runtime.
 *
 * @param {object} options
 * @param {string} options.folder
 * @param {string} options.databaseUrl
 * @param {import('./onward.mjs').Tool} options.tool
 * @param {Record<string, { startMs: number, after: readonly string[] }>} options.services `startMs` of sleep before it listens
 */
export async function createDeployment({ folder, databaseUrl, tool, services }) {
  const names = Object.keys(services);
  const ports = Object.fromEntries(await choosePorts(names));
  const vendor = join(folder, 'vendor');
  const operator = join(folder, 'operator');
  const source = join(folder, 'releases');
  await mkdir(join(vendor, 'releases.d'), { recursive: true });
  await mkdir(join(vendor, 'migrations'), { recursive: true });
  await mkdir(operator, { recursive: true });
  await writeFile(join(vendor, 'product.yaml'), renderProduct(services));
  await writeFile(join(operator, 'onward.yaml'), renderDeployment({ source, databaseUrl, ports }));
  const onward = (/** @type {string[]} */ ...args) => tool.run(args, { cwd: operator });
  return {
    operator,
    ports,
    onward,
    /** Builds a release in which every service is new, and makes it the one to follow. @param {string} version */
    async publish(version) {
      for (const name of names)
        await writeArtifact(join(vendor, 'dist', name), { version, startMs: services[name]?.startMs });
      await onward('release', 'build', version, '--product', join(vendor, 'product.yaml'), '--to', source);
      await onward('channel', 'set', 'stable', version, '--source', source);
    },
    remove: () => onward('down', '--yes'),
  };
}

/** What a release ships for a service. @param {string} folder @param {{ version: string, startMs: number | undefined }} behaviour */
export async function writeArtifact(folder, behaviour) {
  await mkdir(folder, { recursive: true });
  await cp(SERVICE, join(folder, 'main.mjs'));
  await writeFile(join(folder, 'behaviour.json'), JSON.stringify(behaviour));
}

/** Ports of the loopback address that nobody listens on now, by name. @param {readonly string[]} names */
export async function choosePorts(names) {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return names.map((name, index) => /** @type {const} */ ([name, ports[index] ?? 0]));
}

function renderProduct(services) {
  const lines = Object.entries(services).map(
    ([name, { after }]) =>
      `  ${name}: { artifact: ./dist/${name}, command: [node, main.mjs], after: [${after.join(', ')}], ready: { http: /ready } }`,
  );
  return `
product: bench
upgrades: { skipMinor: true, skipMajor: true }
databases: { core: { services: [] } }
migrations: ./migrations
releases: ./releases.d
services:
${lines.join('\n')}
`;
}

function renderDeployment({ source, databaseUrl, ports }) {
  const lines = Object.entries(ports).map(
    ([name, port]) =>
      `  ${name}: { runtime: process, switch: { builtin: { listen: "127.0.0.1:${port}" } }, settle: 500ms }`,
  );
  return `
deployment: bench
releases: { source: ${source} }
databases: { core: { url: "${databaseUrl}" } }
services:
${lines.join('\n')}
`;
}
