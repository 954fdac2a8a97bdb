import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProject, removeProject } from '../support/docker.ts';
import { pushRawImage } from '../support/raw-image.ts';
import { lines } from '../support/refusal.ts';
import { type Registry, startRegistry } from '../support/registry.ts';
import { buildServiceImage } from '../support/service-image.ts';
import { createVendor, type Vendor } from '../support/vendor.ts';

const ONWARD = resolve(import.meta.dirname, '../../dist/onward.js');
const TLS = resolve(import.meta.dirname, '../support/tls');
const project = createProject('cli');
let open: Registry;
let closed: Registry;
let encrypted: Registry;
let vendor: Vendor;

beforeAll(async () => {
  const tls = { certificate: join(TLS, 'server.crt'), key: join(TLS, 'server.key') };
  [open, closed, encrypted] = await Promise.all([
    startRegistry(),
    startRegistry({ needsLogin: true }),
    startRegistry({ settings: { http: { tls } } }),
  ]);
});
afterAll(async () => {
  await Promise.all([open?.close(), closed?.close(), encrypted?.close()]);
  await removeProject(project);
});
beforeEach(async () => {
  vendor = await createVendor();
});
afterEach(() => vendor.remove());

async function writeProduct(images: { readonly [service: string]: string }): Promise<void> {
  const services = Object.entries(images).map(([name, image]) => `  ${name}:\n    image: ${image}\n`);
  await vendor.write('product.yaml', `product: shop\nservices:\n${services.join('')}`);
}

function onward(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  return new Promise<{ readonly exit: unknown; readonly stdout: string; readonly stderr: string }>((done) => {
    const env = { ...process.env, DOCKER_CONFIG: open.configFolder, ...environment };
    execFile(process.execPath, [ONWARD, ...args], { cwd: vendor.folder, env }, (error, stdout, stderr) =>
      done({ exit: error?.code ?? 0, stdout, stderr: stderr.replaceAll(vendor.folder, '<folder>') }),
    );
  });
}

const build = (environment: NodeJS.ProcessEnv = {}) => onward(['release', 'build', '1.0.0'], environment);

describe('onward release build with images', () => {
  it('says what each image is pinned to, and onward release show shows it', async () => {
    const digest = await pushRawImage({ host: open.host, repository: 'shop/api', tag: '1.0.0' }, [3_000]);
    await writeProduct({ api: `${open.host}/shop/api:$\{version}` });
    const built = await build();
    const stderr = `api is ${open.host}/shop/api:1.0.0, pinned to ${digest}\n`;
    expect(built).toEqual({ exit: 0, stdout: expect.stringMatching(/^1\.0\.0 sha256:[0-9a-f]{64}\n$/), stderr });
    const identity = built.stdout.slice('1.0.0 '.length, -1);
    expect(await onward(['release', 'show', '1.0.0'])).toEqual({
      exit: 0,
      stderr: '',
      stdout: lines(
        `shop 1.0.0, published ${new Date().toISOString().slice(0, 10)}`,
        identity,
        '',
        'Services',
        `  api: ${open.host}/shop/api:1.0.0, ${digest.slice('sha256:'.length, 19)}, 2.9 KiB, new`,
        '',
        'Artifacts can go back until',
        '  roll',
      ),
    });
    const shown = JSON.parse((await onward(['release', 'show', '1.0.0', '--json'])).stdout);
    expect(shown.components).toEqual([
      {
        service: 'api',
        kind: 'image',
        image: `${open.host}/shop/api`,
        tag: '1.0.0',
        identity: digest,
        bytes: 3_000,
        command: [],
        producedBy: '1.0.0',
      },
    ]);
  });

  it('lists every image that cannot be pinned, with the place, the reason and the way out', async () => {
    await writeProduct({ api: `${open.host}/shop/nothing:1`, web: `${closed.host}/shop/web:1` });
    expect(await build()).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error release.not-buildable',
        'Could not build release 1.0.0: there are 2 reasons against it. Nothing has changed.',
        '',
        `  <folder>/product.yaml:4:12: services.api.image: could not look up image ${open.host}/shop/nothing:1: the registry has no such repository or tag`,
        '      Push it, or name one that is there. Then run the same command again.',
        `  <folder>/product.yaml:6:12: services.web.image: could not look up image ${closed.host}/shop/web:1: the registry refused with 401, asked without credentials`,
        `      Run \`docker login ${closed.host}\`, then run the same command again.`,
        '',
        '-> Mend what is listed, then run `onward release build 1.0.0` again.',
      ),
    });
  });

  it('takes what docker login left, and a certificate authority that is named', async () => {
    const image = await buildServiceImage({ project, name: 'small', tag: 'any', base: 'busybox' });
    const digest = await closed.push(image, 'shop/api:1.0.0');
    await encrypted.push(image, 'shop/web:1.0.0');
    const local = encrypted.host.replace('127.0.0.1', 'localhost');
    await writeProduct({ api: `${closed.host}/shop/api:1.0.0`, web: `${local}/shop/web:1.0.0` });
    expect(await build({ DOCKER_CONFIG: closed.configFolder, NODE_EXTRA_CA_CERTS: join(TLS, 'root.crt') })).toEqual({
      exit: 0,
      stdout: expect.any(String),
      stderr: lines(
        `api is ${closed.host}/shop/api:1.0.0, pinned to ${digest}`,
        `web is ${local}/shop/web:1.0.0, pinned to ${digest}`,
      ),
    });
  });
});
