import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MEMORY } from './memory.ts';

const run = promisify(execFile);
const id = '0f'.repeat(32);
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'onward-cgroups-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

/** The script's word for process 7, were the machine's files those that the test has written. */
async function memoryOfSeven(): Promise<string> {
  const text = MEMORY.replaceAll('/proc/', `${root}/proc/`).replaceAll('/sys/fs/', `${root}/sys/fs/`);
  return (await run('sh', ['-c', `${text}memory_of 7`])).stdout;
}

describe('the memory of a container on a host', () => {
  it.each([
    ['cgroup v2 and units of systemd', `0::/system.slice/docker-${id}.scope`, `system.slice/docker-${id}.scope`],
    ['cgroup v2, by the engine itself', `0::/docker/${id}`, `docker/${id}`],
    ['cgroup v2 and a group of its own in the container', `0::/docker/${id}/init.scope`, `docker/${id}`],
  ])('is what its cgroup has, less the cache of files: %s', async (_, line, folder) => {
    await write({
      'proc/7/cgroup': `${line}\n`,
      [`sys/fs/cgroup/${folder}/memory.current`]: '90000\n',
      [`sys/fs/cgroup/${folder}/memory.stat`]: 'anon 60000\nactive_file 1\ninactive_file 20000\n',
    });
    expect(await memoryOfSeven()).toBe('70000');
  });

  it('is that of the controller which counts, with cgroup v1 and with both side by side', async () => {
    const folder = `sys/fs/cgroup/memory/docker/${id}`;
    await write({
      'proc/7/cgroup': `5:cpu,cpuacct:/docker/${id}\n4:memory:/docker/${id}\n0::/docker/${id}\n`,
      [`${folder}/memory.usage_in_bytes`]: '90000\n',
      [`${folder}/memory.stat`]: 'inactive_file 1\ntotal_inactive_file 20000\n',
    });
    expect(await memoryOfSeven()).toBe('70000');
  });

  it.each([
    ['the kernel does not count it', { 'proc/7/cgroup': `0::/docker/${id}\n` }],
    ['the process has gone', {}],
    [
      'the cgroup is not its own',
      { 'proc/7/cgroup': '0::/\n', 'sys/fs/cgroup/memory.current': '9\n', 'sys/fs/cgroup/memory.stat': 'anon 9\n' },
    ],
  ])('is not told where %s', async (_, files) => {
    await write(files);
    expect(await memoryOfSeven()).toBe('');
  });
});
