import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packRaw, type RawEntry } from '../../../test/support/tar.ts';
import { OnwardError } from '../../model/index.ts';
import { createSystem } from '../system.ts';
import { inspectTarball } from './inspect-tarball.ts';
import { unpackTarball } from './unpack-tarball.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
let root: string;
let archive: string;
let to: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'onward-tarball-'));
  archive = join(root, 'search-1.0.0.tar.gz');
  to = join(root, 'unpacked');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const unpack = () => unpackTarball(system, { archive, to });
const modeOf = async (path: string) => ((await stat(join(to, path))).mode & 0o7777).toString(8);

/** A folder as vendors have it: a program, a file, a link, and names that listings stumble over. */
async function writeFolder(folder: string): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin', 'search'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(folder, 'a -> b "c"\n\\.txt'), 'odd');
  await writeFile(join(folder, 'größe'), 'wide', { mode: 0o640 });
  await symlink('bin/search', join(folder, 'search'));
}

/** What speaks against an archive of these entries. */
async function problemsOf(entries: RawEntry[] | Buffer): Promise<readonly string[]> {
  await writeFile(archive, Buffer.isBuffer(entries) ? entries : packRaw(entries));
  const error = await unpack().catch((thrown: unknown) => thrown);
  expect((await readdir(root)).filter((name) => name.startsWith('unpacked'))).toEqual([]);
  if (!(error instanceof OnwardError)) throw new Error('It was unpacked', { cause: error });
  expect(error.code).toBe('artifact.wrong-tarball');
  return error.findings.map(({ message }) => message);
}

describe('unpackTarball()', () => {
  it.each([
    ['the one folder that holds everything is left out', 'search-1.0.0'],
    ['names may begin with ./', '.'],
  ])('gives the files as they were packed, whatever their names are: %s', async (_title, packed) => {
    const from = join(root, 'dist', packed);
    await writeFolder(from);
    execFileSync('tar', ['-czf', archive, '-C', join(root, 'dist'), packed]);
    await unpack();
    expect(await readdir(to)).toEqual(await readdir(from));
    expect(await readFile(join(to, 'a -> b "c"\n\\.txt'), 'utf8')).toBe('odd');
    expect(await readlink(join(to, 'search'))).toBe('bin/search');
    expect([await modeOf('.'), await modeOf('bin'), await modeOf('bin/search'), await modeOf('größe')]).toEqual([
      '700',
      '700',
      '700',
      '600',
    ]);
    expect((await readdir(root)).sort()).toEqual(['dist', 'search-1.0.0.tar.gz', 'unpacked']);
  });

  it('keeps folders that stand beside each other, and files that stand alone', async () => {
    await writeFile(archive, packRaw([{ name: 'bin/search' }, { name: 'lib/search.so' }]));
    await unpack();
    expect(await readdir(to)).toEqual(['bin', 'lib']);
    to = join(root, 'unpacked-again');
    await writeFile(archive, packRaw([{ name: 'search', mode: 0o755 }]));
    await unpack();
    expect(await readdir(to)).toEqual(['search']);
  });

  it('gives what nobody could read or remove to the one who unpacks it', async () => {
    await writeFolder(join(root, 'dist'));
    await chmod(join(root, 'dist', 'größe'), 0o000);
    await chmod(join(root, 'dist', 'bin'), 0o555);
    execFileSync('tar', ['-czf', archive, '--owner=4711', '--group=4711', '-C', root, 'dist']);
    await unpack();
    expect([await modeOf('größe'), await modeOf('bin')]).toEqual(['600', '700']);
    expect((await stat(join(to, 'größe'))).uid).toBe(process.getuid?.());
  });

  it('takes a folder that is named twice, hard links to files before them, and a folder with a setgid bit', async () => {
    const entries = [
      { name: 'search/', type: '5', mode: 0o2755 },
      { name: 'search/main.mjs', text: 'main();' },
      { name: './search', type: '5', mode: 0o755 },
      { name: 'search/again.mjs', type: '1', target: 'search/main.mjs' },
    ];
    await writeFile(archive, packRaw(entries));
    await unpack();
    expect(await readFile(join(to, 'again.mjs'), 'utf8')).toBe('main();');
    expect(await modeOf('.')).toBe('700');
  });

  it('names everything that speaks against it at once, and writes nothing', async () => {
    const file = { name: 'main.mjs', text: 'main();' };
    expect(
      await problemsOf([
        file,
        { name: '/etc/cron.d/search' },
        { name: '../outside' },
        { name: 'lib/../../outside' },
        { name: 'passwords', type: '2', target: '/etc/passwd' },
        { name: 'lib/up', type: '2', target: '../../up' },
        { name: 'shadow', type: '1', target: '/etc/shadow' },
        { name: 'later', type: '1', target: 'last' },
        { name: 'sda', type: '4' },
        { name: 'zero', type: '3' },
        { name: 'pipe', type: '6' },
        { name: 'ping', mode: 0o4755 },
        { name: 'write', mode: 0o2755 },
        { name: './main.mjs', text: 'other();' },
        { name: 'main.mjs/below' },
        { name: 'link', type: '2', target: 'lib' },
        { name: 'link/below' },
        { name: Buffer.from([0x61, 0xff]) },
        { name: 'last' },
      ]),
    ).toEqual([
      '/etc/cron.d/search has an absolute name',
      '../outside goes up with "..", which may leave the folder',
      'lib/../../outside goes up with "..", which may leave the folder',
      'passwords is a symbolic link to /etc/passwd, which leaves the folder or may leave it',
      'lib/up is a symbolic link to ../../up, which leaves the folder or may leave it',
      'shadow is a hard link to /etc/shadow, which is no file that stands before it',
      'later is a hard link to last, which is no file that stands before it',
      'sda is a device, a pipe or something else that is no file, folder or link',
      'zero is a device, a pipe or something else that is no file, folder or link',
      'pipe is a device, a pipe or something else that is no file, folder or link',
      'ping has the setuid or the setgid bit',
      'write has the setuid or the setgid bit',
      './main.mjs is there twice',
      expect.stringMatching(/^-rw-r--r-- .*"a\\377" cannot be told, or has a name that is not UTF-8$/),
      'main.mjs/below stands below main.mjs, which is no folder',
      'link/below stands below link, which is no folder',
    ]);
  });

  it('refuses a link that leaves what is unpacked, though not the archive', async () => {
    expect(
      await problemsOf([
        { name: 'search-1/main.mjs' },
        { name: 'search-1/link', type: '2', target: '../search-1/main.mjs' },
      ]),
    ).toEqual(['search-1/link is a symbolic link to ../search-1/main.mjs, which leaves the folder or may leave it']);
  });

  it('refuses what no tar that gzip has packed is, or not a whole one', async () => {
    await writeFolder(join(root, 'dist'));
    execFileSync('tar', ['-czf', archive, '-C', root, 'dist']);
    const whole = await readFile(archive);
    execFileSync('tar', ['-cf', archive, '-C', root, 'dist']);
    const plain = await readFile(archive);
    expect(await problemsOf(plain)).toEqual(['it is no whole gzipped tar: gzip: stdin: not in gzip format']);
    expect(await problemsOf(whole.subarray(0, -20))).toEqual([
      'it is no whole gzipped tar: gzip: stdin: unexpected end of file',
    ]);
    expect(await problemsOf(Buffer.from(''))).toEqual([expect.stringContaining('it is no whole gzipped tar')]);
    expect(await problemsOf([])).toEqual(['it holds no file']);
    expect(await problemsOf([{ name: 'only/folders/', type: '5' }])).toEqual(['it holds no file']);
  });

  it('lists the first twenty problems, and how many more there are', async () => {
    const problems = await problemsOf(Array.from({ length: 30 }, (_, index) => ({ name: `/abs-${index}` })));
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toBe('and 10 more');
  });

  it('says that the disk is full as every file operation does', async () => {
    await writeFile(archive, packRaw([{ name: 'main.mjs' }]));
    const exec: typeof system.exec = {
      run: async (argv, options) =>
        argv.includes('--extract')
          ? { exitCode: 2, stdout: '', stderr: 'tar: main.mjs: No space left on device', timedOut: false }
          : system.exec.run(argv, options),
    };
    await expect(unpackTarball({ ...system, exec }, { archive, to })).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await readdir(root)).toEqual(['search-1.0.0.tar.gz']);
  });

  it('says that this machine has no tar', async () => {
    await writeFile(archive, packRaw([{ name: 'main.mjs' }]));
    const bare = { ...system, environment: { PATH: root } };
    await expect(unpackTarball(bare, { archive, to })).rejects.toMatchObject({ code: 'artifact.no-tar' });
  });
});

describe('inspectTarball()', () => {
  it('stops to read where there is more than can be meant', async () => {
    const hole = { name: 'hole', bytes: 8 * 1024 ** 3 - 1 };
    await writeFile(archive, packRaw([hole]));
    const limits = { bytes: 1024, entries: 2 };
    const tooMuch = 'it holds more than 2 entries or unpacks to more than 1.0 KiB';
    expect((await inspectTarball(system, archive, limits)).problems).toEqual([tooMuch]);
    await writeFile(archive, packRaw(['a', 'b', 'c'].map((name) => ({ name }))));
    expect((await inspectTarball(system, archive, limits)).problems).toEqual([tooMuch]);
    expect((await inspectTarball(system, archive, { ...limits, entries: 3 })).problems).toEqual([]);
  });
});
