import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem } from '../system/index.ts';
import { loadDeployment } from './index.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });

describe('a switch that is a HAProxy', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-deployment-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function load(services: readonly string[]) {
    const head =
      'deployment: shop\nreleases: { source: ./r }\ndatabases: { core: { url: postgres://onward@127.0.0.1/core } }\n';
    await writeFile(join(folder, 'onward.yaml'), `${head}services:\n${services.map((line) => `  ${line}\n`).join('')}`);
    return loadDeployment(system, folder);
  }
  const problems = async (services: readonly string[]) =>
    load(services).then(
      () => '',
      (error: { detail?: string }) => error.detail ?? '',
    );
  const service = (name: string, config: string) => `${name}: { runtime: process, switch: { haproxy: { ${config} } } }`;

  it('is named by sockets and files beside onward.yaml, or by loopback addresses', async () => {
    const { services } = await load([
      service('api', 'socket: ./run/admin.sock, master: /run/master.sock, backend: api, file: ./backends/api.cfg'),
      service('web', 'socket: "[::1]:9999", backend: web, file: /etc/haproxy/web.cfg, mode: tcp, listen: 10.0.0.5:443'),
    ]);
    expect(services.map((each) => each.switch)).toEqual([
      {
        ...{ kind: 'haproxy', mode: 'http', backend: 'api', file: join(folder, 'backends/api.cfg') },
        ...{ admin: { path: join(folder, 'run/admin.sock') }, master: { path: '/run/master.sock' } },
      },
      {
        ...{ kind: 'haproxy', mode: 'tcp', backend: 'web', file: '/etc/haproxy/web.cfg' },
        ...{ admin: { host: '::1', port: 9999 }, listen: { host: '10.0.0.5', port: 443 } },
      },
    ]);
  });

  it('is refused when anybody on the network could change it, or when HAProxy would not read its file', async () => {
    const found = await problems([service('api', 'socket: 10.0.0.5:9999, backend: "a b", file: ./api.conf')]);
    expect(found).toContain('must be the path of a socket or a loopback address');
    expect(found).toContain('must be letters, digits');
    expect(found).toContain('must end in .cfg: HAProxy reads no other file of a folder');
  });

  it('is refused when two services would write one file', async () => {
    const found = await problems([
      service('api', 'socket: ./a.sock, backend: api, file: ./backends/api.cfg'),
      service('web', 'socket: ./a.sock, backend: web, file: backends/api.cfg'),
    ]);
    expect(found).toContain('backends/api.cfg is the file of "api" already');
  });

  it('is refused when two services would take the servers of one backend away from each other', async () => {
    const found = await problems([
      service('api', 'socket: ./a.sock, backend: api, file: ./api.cfg'),
      service('web', 'socket: ./run/../a.sock, backend: api, file: ./web.cfg'),
      service('other', 'socket: ./b.sock, backend: api, file: ./other.cfg'),
    ]);
    expect(found).toContain('services.web.switch.haproxy.backend: api of a.sock is the backend of "api" already');
    expect(found).not.toContain('services.other');
  });

  it('is refused at a port that there is not', async () => {
    const found = await problems([
      service('api', 'socket: 127.0.0.1:70000, backend: api, file: ./api.cfg, listen: 10.0.0.5:0'),
    ]);
    expect(found).toContain('services.api.switch.haproxy.socket: must end in a port from 1 to 65535');
    expect(found).toContain('services.api.switch.haproxy.listen: must end in a port from 1 to 65535');
  });
});
