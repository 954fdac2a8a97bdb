import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { createSystem } from '../../system/index.ts';
import { observeHaproxies } from './observe-haproxies.ts';

it('sees no HAProxy that has ended, as long as its parent has not taken notice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onward-haproxy-'));
  const program = join(folder, 'haproxy');
  await copyFile('/bin/true', program);
  const parent = spawn('sh', ['-c', 'chmod +x "$0"; "$0" & echo $!; exec sleep 600', program]);
  try {
    const [chunk] = await once(parent.stdout, 'data');
    const pid = String(chunk).trim();
    await eventually(
      () => readFile(`/proc/${pid}/stat`, 'utf8'),
      (stat) => stat.startsWith(`${pid} (haproxy) Z`),
    );
    const found = await observeHaproxies(createSystem({ environment: process.env, onEvent: () => {} }));
    expect(found.map(({ name }) => name)).not.toContain(`haproxy (process ${pid})`);
  } finally {
    parent.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});
