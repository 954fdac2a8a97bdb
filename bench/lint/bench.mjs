import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, renderMs, round } from '../figures.mjs';
import { installPeers, PEERS } from '../peers.mjs';
import { writeMigrations } from './write-migrations.mjs';

const GOAL_MS = 1_000;

/** @type {import('../run.mjs').Bench} */
export const lint = {
  name: 'lint',
  title: 'a folder of migrations read and judged from a cold start, against squawk',
  async measure({ folder, tool, isQuick, say }) {
    const count = isQuick ? 80 : 800;
    const rounds = isQuick ? 1 : 7;
    await installPeers();
    const migrations = join(folder, 'migrations');
    const paths = await writeMigrations(migrations, count);
    const squawk = join(PEERS, `@squawk-cli/${process.platform}-${process.arch}/bin/squawk`);
    const candidates = {
      onward: [process.execPath, tool.program, 'lint', migrations, '--format', 'json'],
      squawk: [squawk, '--reporter', 'json', ...paths],
    };
    const measured = { onward: [], squawk: [] };
    for (let turn = 0; turn < rounds; turn += 1) {
      say(`round ${turn + 1} of ${rounds}`);
      for (const [name, argv] of Object.entries(candidates)) measured[name].push(await measureCommand(argv));
    }
    return conclude(measured, count);
  },
};

/** Time and the most memory that was resident at once, and how much it found. */
function measureCommand([program, ...args]) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let peakKb = 0;
    const look = setInterval(() => {
      peakKb = Math.max(peakKb, readPeak(child.pid));
    }, 5);
    const output = [];
    let ms = 0;
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.once('error', reject);
    child.once('exit', () => {
      ms = performance.now() - startedAt;
      clearInterval(look);
    });
    child.once('close', (exit) => {
      if (exit !== 0 && exit !== 1) return reject(new Error(`${program} ended with ${exit}`));
      const found = JSON.parse(Buffer.concat(output).toString());
      resolve({ ms, megabytes: peakKb / 1024, findings: (found.findings ?? found).length });
    });
  });
}

function readPeak(pid) {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function conclude(measured, count) {
  const figures = Object.fromEntries(
    Object.entries(measured).map(([name, runs]) => [
      name,
      {
        ms: Math.round(median(runs.map(({ ms }) => ms))),
        megabytes: Math.round(Math.max(...runs.map(({ megabytes }) => megabytes))),
        findings: runs[0].findings,
      },
    ]),
  );
  const { onward, squawk } = figures;
  return {
    ours: onward,
    peers: { squawk },
    ratio: round(onward.ms / squawk.ms),
    goal: { ms: GOAL_MS },
    met: onward.ms <= GOAL_MS,
    rows: [
      ['', `${count} files`, 'memory', 'findings'],
      ...Object.entries(measured).map(([name, runs]) => [
        name,
        renderMs(runs.map(({ ms }) => ms)),
        `${figures[name].megabytes} MB`,
        String(figures[name].findings),
      ]),
    ],
  };
}
