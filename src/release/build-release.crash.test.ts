import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVendor, migrationOf, type Vendor } from '../../test/support/vendor.ts';
import { type Files, hashArtifact, type ProcessIdentity, type System } from '../system/index.ts';
import { buildRelease, openSource } from './index.ts';

const migration = migrationOf('1.0.0/expand/001_orders');
const EFFECTS = ['makeFolder', 'writeAtomic', 'createOnce', 'copy', 'remove', 'rename'] as const;

let dead: ProcessIdentity;
let vendor: Vendor;
let expected: string;

beforeAll(async () => {
  vendor = await createVendor();
  dead = await endedProcess(vendor.system);
  await vendor.build('1.0.0', [migration]);
  await vendor.write('dist/api/main.mjs', 'api of the second release');
  expected = (await vendor.build('1.1.0', [migration])).digest;
});
afterAll(() => vendor.remove());

async function endedProcess(system: System): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const identity = system.processes.identify(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  if (!identity) throw new Error('The process could not be identified');
  return identity;
}

class Killed extends Error {}

/** A system whose process is killed at its n-th effect on files: it, or what follows it, and everything later never happens. */
function killedAt(
  system: System,
  n: number,
  isDoneFirst: boolean,
): { readonly system: System; readonly count: () => number } {
  let effects = 0;
  const files: Files = { ...system.files };
  const kill = <A extends readonly unknown[], R>(effect: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      effects += 1;
      if (effects === n && isDoneFirst) await effect(...args);
      if (effects >= n) throw new Killed();
      return effect(...args);
    };
  };
  for (const name of EFFECTS)
    Object.assign(files, { [name]: kill(system.files[name] as (...args: unknown[]) => Promise<unknown>) });
  const processes = { ...system.processes, self: () => dead };
  return { system: { ...system, files, processes }, count: () => effects };
}

/** Everything that the catalog lists is there, whole. */
async function expectWhole(source: string): Promise<readonly string[]> {
  const opened = openSource(vendor.system, source);
  const { releases } = await opened.catalog();
  for (const { version } of releases) {
    const release = await opened.release(version);
    await opened.migrationFiles(release);
    for (const component of release.components) {
      const { identity } = await hashArtifact(vendor.system.files, opened.artifactPath(component));
      expect(identity).toBe(component.identity);
    }
  }
  return releases.map((entry) => entry.version);
}

describe('buildRelease() killed at any effect', () => {
  for (const isDoneFirst of [false, true]) {
    it(`leaves a whole source, and the same command completes it (killed ${isDoneFirst ? 'after' : 'before'} each effect)`, async () => {
      const versions = new Set<string>();
      for (let n = 1, isKilled = true; isKilled; n += 1) {
        const source = join(vendor.folder, `source-${isDoneFirst}-${n}`);
        await vendor.write('dist/api/main.mjs', 'api of the first release');
        const request = { productFile: vendor.productFile, source, migrations: [migration] };
        await buildRelease(vendor.system, { ...request, version: '1.0.0' });
        await vendor.write('dist/api/main.mjs', 'api of the second release');
        const victim = killedAt(vendor.system, n, isDoneFirst);
        const result = await buildRelease(victim.system, { ...request, version: '1.1.0' }).catch(
          (error: unknown) => error,
        );
        isKilled = result instanceof Killed;
        if (!isKilled) expect(result).toMatchObject({ digest: expected });
        expect(isKilled || victim.count() === n - 1).toBe(true);
        versions.add((await expectWhole(source)).join(' '));
        expect((await buildRelease(vendor.system, { ...request, version: '1.1.0' })).digest).toBe(expected);
        expect(await expectWhole(source)).toEqual(['1.0.0', '1.1.0']);
        expect(await vendor.system.files.names(source)).not.toContain('.lock');
        expect(n).toBeLessThan(40);
      }
      expect([...versions]).toEqual(['1.0.0', '1.0.0 1.1.0']);
    });
  }

  it('does not take the lock of a holder that it cannot judge', async () => {
    const source = join(vendor.folder, 'source-unknown');
    await vendor.system.files.makeFolder(source);
    await writeFile(join(source, '.lock'), JSON.stringify({ ...dead, namespace: 'pid:[1]' }));
    let nowMs = 0;
    const sleep = async (ms: number) => {
      nowMs += 400 * ms;
    };
    const clock = { ...vendor.system.clock, monotonicMs: () => nowMs, sleep };
    const request = { productFile: vendor.productFile, source, version: '1.0.0', migrations: [] };
    await expect(buildRelease({ ...vendor.system, clock }, request)).rejects.toMatchObject({
      code: 'release.source-busy',
    });
  });
});
