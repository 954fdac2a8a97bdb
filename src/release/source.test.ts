import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, migrationOf, type Vendor } from '../../test/support/vendor.ts';
import type { Digest, Release } from '../model/index.ts';
import { openSource, type ReleaseSource } from './index.ts';

const migration = migrationOf('1.0.0/expand/001_orders');

let vendor: Vendor;
let source: ReleaseSource;
let release: Release;
beforeEach(async () => {
  vendor = await createVendor();
  ({ release } = await vendor.build('1.0.0', [migration]));
  source = openSource(vendor.system, vendor.source);
});
afterEach(() => vendor.remove());

/** Changes a file of the source as text. */
async function edit(path: string, change: (text: string) => string): Promise<void> {
  const file = join(vendor.source, path);
  await writeFile(file, change(await readFile(file, 'utf8')));
}

describe('openSource()', () => {
  it('reads back what was built', async () => {
    expect(await source.release('1.0.0')).toEqual(release);
    expect(await source.migrationFiles(release)).toEqual([migration]);
    const api = source.artifactPath(release.components[0] ?? { kind: 'folder', identity: 'sha256:' });
    expect(await readFile(join(api, 'main.mjs'), 'utf8')).toBe('api of the first release');
  });

  it('gives the text of a migration without its byte-order mark, and still knows its checksum', async () => {
    const marked = { ...migrationOf('1.1.0/expand/001_bom'), checksum: 'sha256:' as Digest };
    const { digestOfText } = await import('./document.ts');
    const file = { ...marked, checksum: digestOfText(`\uFEFF${marked.text}`) };
    const built = await vendor.build('1.1.0', [migration, file]);
    expect(await source.migrationFiles(built.release)).toEqual([migration, file]);
  });

  it('refuses a release document that the catalog does not name', async () => {
    await edit('releases/1.0.0.json', (text) => text.replace('"until": "roll"', '"until": "postdeploy"'));
    await expect(source.release('1.0.0')).rejects.toMatchObject({ code: 'release.wrong-digest', state: 'unchanged' });
  });

  it('does not mind white space in a release document: its identity is over its content', async () => {
    await edit('releases/1.0.0.json', (text) => JSON.stringify(JSON.parse(text)));
    expect(await source.release('1.0.0')).toEqual(release);
  });

  it('refuses a migration that is missing or was changed', async () => {
    const path = `migrations/${migration.checksum.slice('sha256:'.length)}.sql`;
    await edit(path, (text) => `${text} `);
    await expect(source.migrationFiles(release)).rejects.toMatchObject({ code: 'release.wrong-content' });
    await rm(join(vendor.source, path));
    await expect(source.migrationFiles(release)).rejects.toMatchObject({ code: 'release.wrong-content' });
  });

  it('refuses unknown keys and says where each is', async () => {
    await edit('catalog.json', (text) => text.replace('"stops": []', '"stops": [], "risks": [], "tombstone": true'));
    await expect(source.catalog()).rejects.toMatchObject({
      code: 'release.wrong-document',
      findings: [
        { message: 'unknown key "releases.0.risks"', position: { line: 8, column: 20 } },
        { message: 'unknown key "releases.0.tombstone"', position: { line: 8, column: 33 } },
      ],
    });
  });

  it('refuses documents of another version, and tells how to get a tool that reads them', async () => {
    await edit('catalog.json', (text) => text.replace('onward/catalog/v1', 'onward/catalog/v2'));
    await expect(source.catalog()).rejects.toMatchObject({
      code: 'release.other-version',
      hint: expect.stringContaining('npm install --global onward@latest'),
    });
  });

  it('refuses a catalog that is no JSON, lists a release twice, or has a channel to nothing', async () => {
    const whole = await readFile(join(vendor.source, 'catalog.json'), 'utf8');
    const wrong = [
      whole.slice(0, -10),
      whole.replace('"channels": {}', '"channels": { "stable": "9.9.9" }'),
      JSON.stringify({
        ...JSON.parse(whole),
        releases: [JSON.parse(whole).releases[0], JSON.parse(whole).releases[0]],
      }),
    ];
    for (const text of wrong) {
      await edit('catalog.json', () => text);
      await expect(source.catalog()).rejects.toMatchObject({ code: 'release.wrong-document' });
    }
  });

  it('refuses a release that does not exist, with what does', async () => {
    await expect(source.release('1.0.1')).rejects.toMatchObject({
      code: 'release.unknown',
      message: expect.stringContaining('the release source has 1.0.0'),
      hint: expect.stringContaining('Did you mean 1.0.0?'),
    });
  });

  it('never makes a path of what is no version and no digest', async () => {
    await expect(source.release('../../etc/passwd')).rejects.toMatchObject({ code: 'release.unknown' });
    expect(() => source.artifactPath({ kind: 'folder', identity: 'sha256:../../etc' as Digest })).toThrow(
      'is not an identity',
    );
    const outside = { ...migration, checksum: 'sha256:../../catalog' as Digest };
    const { text: _, ...ref } = outside;
    await expect(source.migrationFiles({ ...release, migrations: [ref] })).rejects.toMatchObject({
      code: 'release.wrong-identity',
    });
    await edit('releases/1.0.0.json', (text) => text.replace('1.0.0/expand/001_orders.sql', '../../outside.sql'));
    await expect(source.release('1.0.0')).rejects.toMatchObject({ code: 'release.wrong-document' });
  });

  it('says what is supported when asked for anything but a folder', () => {
    for (const location of [
      'https://example.com/releases',
      'oci://registry/shop',
      'file:///srv',
      'shop.tar',
      'shop.tar.gz',
      'a/b.tgz',
    ]) {
      expect(() => openSource(vendor.system, location)).toThrow('only folders can be read');
    }
  });

  it('says so when the folder is no source', async () => {
    await expect(openSource(vendor.system, vendor.folder).catalog()).rejects.toMatchObject({
      code: 'release.no-source',
    });
  });
});
