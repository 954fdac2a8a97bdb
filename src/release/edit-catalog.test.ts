import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../../test/support/vendor.ts';
import { openSource, setChannel, withdrawRelease } from './index.ts';

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor();
  for (const version of ['1.0.0', '1.1.0']) await vendor.build(version);
});
afterEach(() => vendor.remove());

const point = (channel: string, version: string) =>
  setChannel(vendor.system, { source: vendor.source, channel, version });
const withdraw = (version: string, reason = 'loses data') =>
  withdrawRelease(vendor.system, { source: vendor.source, version, reason });

describe('setChannel()', () => {
  it('points a channel to a release, and tells where it pointed before', async () => {
    expect(await point('stable', '1.0.0')).toMatchObject({ previous: undefined });
    expect(await point('stable', '1.1.0')).toMatchObject({ previous: '1.0.0' });
    expect((await openSource(vendor.system, vendor.source).catalog()).channels).toEqual({ stable: '1.1.0' });
  });

  it('refuses unknown and withdrawn releases, and names that are none', async () => {
    await withdraw('1.1.0');
    await expect(point('stable', '1.2.0')).rejects.toMatchObject({ code: 'release.unknown' });
    await expect(point('stable', '1.1.0')).rejects.toMatchObject({ code: 'release.withdrawn' });
    for (const name of ['Stable', '1.x', '', '-rc']) {
      await expect(point(name, '1.0.0')).rejects.toMatchObject({ code: 'release.channel-name' });
    }
    expect((await openSource(vendor.system, vendor.source).catalog()).channels).toEqual({});
  });
});

describe('withdrawRelease()', () => {
  it('keeps the release in the catalog, with the reason', async () => {
    const { catalog, findings } = await withdraw('1.1.0');
    expect(catalog.releases.map((entry) => entry.withdrawn?.reason)).toEqual([undefined, 'loses data']);
    expect(findings).toEqual([]);
  });

  it('names the channels that still point to it, with the command that mends them', async () => {
    await point('stable', '1.1.0');
    expect((await withdraw('1.1.0')).findings).toMatchObject([
      { code: 'release.channel-to-withdrawn', hint: expect.stringContaining('onward channel set stable 1.0.0') },
    ]);
  });

  it('refuses an unknown release, and no reason', async () => {
    await expect(withdraw('3.0.0')).rejects.toMatchObject({ code: 'release.unknown' });
    await expect(withdraw('1.1.0', ' ')).rejects.toMatchObject({ code: 'release.no-reason' });
  });

  it('makes nothing in a folder that is no source', async () => {
    const elsewhere = { source: join(vendor.folder, 'none'), version: '1.0.0', reason: 'x' };
    await expect(withdrawRelease(vendor.system, elsewhere)).rejects.toMatchObject({ code: 'release.no-source' });
    expect(await vendor.system.files.exists(elsewhere.source)).toBe(false);
  });
});

describe('the lock of a source', () => {
  it('loses no change when several are made at once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    await Promise.all(names.map((name) => point(name, '1.0.0')));
    const { channels } = await openSource(vendor.system, vendor.source).catalog();
    expect(Object.keys(channels)).toEqual(names);
  });

  it('is taken from a holder that died, by one of those who wait', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(holder, 'spawn');
    const identity = vendor.system.processes.identify(holder.pid ?? 0);
    await writeFile(join(vendor.source, '.lock'), JSON.stringify(identity));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((name) => point(name, '1.1.0')));
    const { channels } = await openSource(vendor.system, vendor.source).catalog();
    expect(Object.keys(channels)).toEqual(names);
    expect(await vendor.system.files.names(vendor.source)).not.toContain('.lock');
  });

  it('is waited for while its holder lives, and the error names holder and file', async () => {
    const lock = join(vendor.source, '.lock');
    await writeFile(lock, JSON.stringify(vendor.system.processes.self()));
    let nowMs = 0;
    const sleep = async (ms: number) => {
      nowMs += 400 * ms;
    };
    const clock = { ...vendor.system.clock, monotonicMs: () => nowMs, sleep };
    const before = await readFile(join(vendor.source, 'catalog.json'), 'utf8');
    const request = { source: vendor.source, channel: 'stable', version: '1.0.0' };
    await expect(setChannel({ ...vendor.system, clock }, request)).rejects.toMatchObject({
      code: 'release.source-busy',
      message: expect.stringContaining(`process ${process.pid} holds ${lock}`),
    });
    expect(nowMs).toBeGreaterThanOrEqual(60_000);
    expect(await readFile(join(vendor.source, 'catalog.json'), 'utf8')).toBe(before);
    expect(await vendor.system.files.exists(lock)).toBe(true);
  });
});
