import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVendor, migrationOf, type Vendor } from '../../test/support/vendor.ts';
import { openSource } from './index.ts';

/** Few enough contents that building is quick, and as many files as a long-lived product has. */
const files = Array.from({ length: 10_000 }, (_, index) =>
  migrationOf(`1.0.0/expand/${String(index + 1).padStart(5, '0')}_step`, `create table t${index % 50}()`),
);

let vendor: Vendor;
beforeAll(async () => {
  vendor = await createVendor();
  await vendor.build('1.0.0', files);
});
afterAll(() => vendor.remove());

describe('a release of 10,000 migrations', () => {
  it('is read and proved in the time of a few plain parses of its text', async () => {
    const source = openSource(vendor.system, vendor.source);
    const text = await vendor.system.files.readText(join(vendor.source, 'releases/1.0.0.json'));
    const [read, parsed] = [[], []] as [number[], number[]];
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      expect((await source.release('1.0.0')).migrations).toHaveLength(files.length);
      read.push(performance.now() - start);
      JSON.parse(text);
      parsed.push(performance.now() - start - (read.at(-1) ?? 0));
    }
    expect(Math.min(...read) / Math.min(...parsed)).toBeLessThan(40);
  });

  it('has its files read with a bounded number open at once', async () => {
    const source = openSource(vendor.system, vendor.source);
    let open = 0;
    let most = 0;
    const readBytes = async (path: string) => {
      open += 1;
      most = Math.max(most, open);
      const bytes = await vendor.system.files.readBytes(path);
      open -= 1;
      return bytes;
    };
    const watched = openSource({ ...vendor.system, files: { ...vendor.system.files, readBytes } }, vendor.source);
    expect(await watched.migrationFiles(await source.release('1.0.0'))).toHaveLength(files.length);
    expect(most).toBeLessThan(100);
  });
});
