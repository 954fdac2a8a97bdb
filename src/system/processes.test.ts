import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../test/support/free-port.ts';
import { isPortFree } from './port.ts';
import { createProcesses } from './processes.ts';

/** Listens, and keeps threads busy that outlive the first one for a moment when the process is killed. */
const PROGRAM = `
  const { Worker } = require('node:worker_threads');
  const busy = 'const memory = Buffer.alloc(3e7, 1); setInterval(() => memory.fill(2), 1)';
  for (let thread = 0; thread < 3; thread += 1) new Worker(busy, { eval: true });
  require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1', () => console.log('up'));
`;

describe('the state of a process', () => {
  it('is dead only once its port is free', async () => {
    const processes = createProcesses();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const port = await freePort();
      const child = spawn(process.execPath, ['-e', PROGRAM, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      const identity = processes.identify(child.pid ?? -1);
      if (!identity) throw new Error('The process has no identity');
      processes.signal(identity, 'SIGKILL');
      // Looked at without a pause, and without giving the child to be reaped: the moment in between is what this is about.
      while (processes.state(identity) === 'alive');
      expect(await isPortFree('127.0.0.1', port)).toBe(true);
      await exited;
    }
  });
});
