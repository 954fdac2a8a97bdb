import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ONWARD = resolve(import.meta.dirname, '../../dist/onward.js');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-pipe-'));
  await mkdir(join(folder, 'migrations'));
  // More output than a pipe holds, so that writing goes on after the reader has gone.
  const file = Array.from({ length: 2_000 }, (_, index) => `create index i_${index} on orders (note);`).join('\n');
  await writeFile(join(folder, 'migrations', '0001_indexes.up.sql'), file);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a reader that goes before the end', () => {
  it('neither ends the command nor changes its exit code', async () => {
    const child = spawn(process.execPath, [ONWARD, 'lint'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [exit] = await once(child, 'close');
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' });
  });
});
