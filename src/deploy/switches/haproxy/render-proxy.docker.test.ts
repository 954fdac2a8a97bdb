import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNames, renderHaproxyBackend } from './render-backend.ts';
import { type ProxiedService, renderHaproxyProxy } from './render-proxy.ts';

const SERVICES: readonly ProxiedService[] = [
  {
    ...{
      service: 'web',
      mode: 'http',
      edges: [
        { host: '127.0.0.1', port: 8080 },
        { port: 80, hosts: ['shop.example'] },
      ],
    },
    inside: { names: ['web'], networks: ['default'], ports: [3000] },
  },
  {
    ...{ service: 'api', mode: 'http', edges: [{ port: 80 }] },
    inside: { names: ['api', 'api-v1'], networks: ['default'], ports: [3000] },
  },
  {
    ...{ service: 'broker', mode: 'tcp', edges: [{ port: 5672 }] },
    inside: { names: ['broker'], networks: ['default'], ports: [5672] },
  },
];

describe('renderHaproxyProxy()', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-proxy-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('makes a configuration that HAProxy accepts without a word, with targets and during a hold as well', async () => {
    const { config, backends } = renderHaproxyProxy(SERVICES, {
      ...{ name: 'switch', image: 'haproxy', user: '1:1', configFolder: './config', socketFolder: './run' },
    });
    await mkdir(join(folder, 'backends'));
    await writeFile(join(folder, 'haproxy.cfg'), config);
    for (const [name, text] of backends) await writeFile(join(folder, 'backends', `${name}.cfg`), text);
    const check = () =>
      promisify(execFile)('haproxy', ['-c', '-f', join(folder, 'haproxy.cfg'), '-f', join(folder, 'backends')]);
    const accepted = { stdout: 'Configuration file is valid\n', stderr: '' };
    expect(await check()).toMatchObject(accepted);
    const address = { host: '10.1.2.3', port: 3000 };
    const targets = (['active', 'standby', 'draining'] as const).map((state) => ({
      id: `web-${state}`,
      address,
      weight: 2,
      state,
    }));
    const text = renderHaproxyBackend({ backend: 'web', mode: 'http', targets, isHeld: true });
    await writeFile(join(folder, 'backends', 'web.cfg'), text);
    expect(await check()).toMatchObject(accepted);
    const names = new Map([['web-active', 'localhost']]);
    const named = renderHaproxyBackend({ backend: 'web', mode: 'http', targets, isHeld: false, names });
    await writeFile(join(folder, 'backends', 'web.cfg'), named);
    expect(await check()).toMatchObject(accepted);
    expect(readNames(named)).toEqual(names);
  });
});
