import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFiles, createProcesses, type ProcessIdentity } from '../../../system/index.ts';
import { takeOwnership } from './ownership.ts';

const files = createFiles();
const processes = createProcesses();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onward-owner-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const take = (from?: ProcessIdentity) => takeOwnership({ files, processes, directory }, from);
const owners = async () => (await readdir(directory)).filter((name) => name.startsWith('owner.'));
const record = (generation: number, process: ProcessIdentity) =>
  writeFile(join(directory, `owner.${generation}`), JSON.stringify({ process, isReleased: false }));

async function deadProcess(): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  const identity = processes.identify(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  if (!identity) throw new Error('The process was gone before it was looked at');
  return identity;
}

describe('takeOwnership()', () => {
  it('gives it to one of many that try at once', async () => {
    const taken = await Promise.all(Array.from({ length: 20 }, () => take()));
    expect(taken.filter((ownership) => ownership !== undefined)).toHaveLength(1);
    expect(await owners()).toEqual(['owner.1']);
  });

  it('gives a dead owner’s to one of many that try at once', async () => {
    await record(7, await deadProcess());
    const taken = await Promise.all(Array.from({ length: 20 }, () => take()));
    expect(taken.filter((ownership) => ownership !== undefined)).toHaveLength(1);
    expect(await owners()).toEqual(['owner.8']);
  });

  it('refuses it while the owner lives, unless the owner hands it over or has released it', async () => {
    const first = await take();
    expect(await take()).toBeUndefined();
    const second = await take(processes.self());
    expect(second).toBeDefined();
    expect(await take()).toBeUndefined();
    await second?.release();
    expect(await take()).toBeDefined();
    expect(first).toBeDefined();
  });

  it('is not fooled by another process that has the number of a dead owner', async () => {
    await record(1, { ...processes.self(), startTicks: '1' });
    expect(await take()).toBeDefined();
  });

  it('asks the socket about an owner that cannot be seen from here', async () => {
    await record(1, { ...processes.self(), namespace: 'pid:[1]' });
    const server = createServer().listen(join(directory, 'admin.sock'));
    await once(server, 'listening');
    expect(await take()).toBeUndefined();
    server.close();
    await once(server, 'close');
    expect(await take()).toBeDefined();
  });
});
