import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Digest } from '../../src/model/index.ts';
import { buildRelease, type MigrationFile } from '../../src/release/index.ts';
import { createSystem, type System } from '../../src/system/index.ts';

/** A vendor's folder with a product and a release source, in a temporary place. */
export interface Vendor {
  readonly system: System;
  readonly folder: string;
  readonly productFile: string;
  readonly source: string;
  write(path: string, text: string): Promise<void>;
  build(version: string, migrations?: readonly MigrationFile[]): ReturnType<typeof buildRelease>;
  remove(): Promise<void>;
}

export const PRODUCT = `product: shop
databases: { core: { server: ">=14" } }
services:
  api: { database: core, artifact: ./dist/api, command: [node, main.mjs], ready: { http: /ready } }
  worker: { database: core, artifact: ./dist/worker, command: node main.mjs --jobs, after: [api], roll: overlap }
migrations: ./migrations
releases: ./releases.d
`;

export async function createVendor(product = PRODUCT): Promise<Vendor> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-vendor-'));
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const vendor: Vendor = {
    system,
    folder,
    productFile: join(folder, 'product.yaml'),
    source: join(folder, 'source'),
    async write(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    build: (version, migrations = []) =>
      buildRelease(system, { productFile: vendor.productFile, version, source: vendor.source, migrations }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await vendor.write('product.yaml', product);
  await vendor.write('dist/api/main.mjs', 'api of the first release');
  await vendor.write('dist/worker/main.mjs', 'worker of the first release');
  for (const empty of ['migrations', 'releases.d']) await mkdir(join(folder, empty));
  return vendor;
}

/** `1.0.0/expand/001_name` to a migration; its fingerprint is that of the text without comments. */
export function migrationOf(place: string, text = `create table ${place.replaceAll(/\W/g, '_')}()`): MigrationFile {
  const [version = '', phase = 'expand', name = ''] = place.split('/');
  const [number = '', ...rest] = name.split('_');
  return {
    database: 'core',
    version,
    phase: phase === 'contract' || phase === 'postdeploy' ? phase : 'expand',
    sequence: Number(number),
    name: rest.join('_'),
    path: `${place}.sql`,
    checksum: sha256(text),
    fingerprint: sha256(text.replaceAll(/--.*\n/g, '')),
    transactional: true,
    text,
  };
}

function sha256(text: string): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
