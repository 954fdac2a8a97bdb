import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystem, type ProcessIdentity } from '../../../system/index.ts';
import { claimState, loadClaim, releaseClaim, takeClaim } from './claim.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-claim-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A claim of another process, as a supervisor leaves it. */
const leaveClaim = (generation: number, holder: Partial<ProcessIdentity>) =>
  writeFile(
    join(folder, `claim.${generation}`),
    JSON.stringify({
      schema: 'onward/instance-claim/v1',
      kind: 'supervisor',
      holder: { ...system.processes.self(), ...holder },
      isReleased: false,
    }),
  );
const take = (generation: number) => takeClaim(system, folder, { generation, kind: 'tool' });

describe('takeClaim()', () => {
  it('gives one number to one of many', async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, () => take(1)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['claim.1']);
  });

  it('gives the next number after a holder that has ended, and forgets the earlier ones', async () => {
    await leaveClaim(4, { startTicks: '1' });
    expect(claimState(system, await loadClaim(system, folder))).toBe('free');
    const taken = await Promise.all([take(5), take(5), take(4)]);
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['claim.5']);
  });

  it('does not give a number below one that was given, although its file is gone', async () => {
    expect(await take(1)).toBe(true);
    expect(await take(2)).toBe(true);
    expect(await readdir(folder)).toEqual(['claim.2']);
    expect(await take(1)).toBe(false);
    expect(await readdir(folder)).toEqual(['claim.2']);
  });
});

describe('claimState()', () => {
  it('is held while its holder lives, and free once it is given up or was never taken', async () => {
    expect(claimState(system, undefined)).toBe('free');
    await take(1);
    expect(claimState(system, await loadClaim(system, folder))).toBe('held');
    await releaseClaim(system, folder, { generation: 1, kind: 'tool' });
    expect(claimState(system, await loadClaim(system, folder))).toBe('free');
  });

  it('is free when another process has the number of its holder by now', async () => {
    await leaveClaim(1, { startTicks: '1' });
    expect(claimState(system, await loadClaim(system, folder))).toBe('free');
  });

  it('is unknown when its holder lives in another pid namespace', async () => {
    await leaveClaim(1, { namespace: 'pid:[1]' });
    expect(claimState(system, await loadClaim(system, folder))).toBe('unknown');
  });
});
