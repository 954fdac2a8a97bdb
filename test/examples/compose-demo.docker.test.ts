import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findFaults, type Summary } from '../../examples/compose/demo/summary.mjs';
import { findDisturbed, isSame } from '../../examples/compose/demo/touched.mjs';
import { createProject, docker, removeProject } from '../support/docker.ts';
import { haproxyImage, nodeImage, postgresImage } from '../support/images.ts';

// Everything that the demo makes stands in its own temporary folder and project, so what is left of it can be told.
const DEMO = resolve(import.meta.dirname, '../../examples/compose/demo.mjs');
const MINUTES = 60_000;
const images: string[] = [];
let temporary = '';
let project = '';

beforeAll(async () => {
  images.push('--node', await nodeImage(), '--postgres', await postgresImage(), '--haproxy', await haproxyImage());
});
interface Demo {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly exit: number | null; readonly stdout: string; readonly stderr: string }>;
}

async function startDemo(...args: string[]): Promise<Demo> {
  temporary = await mkdtemp(join(tmpdir(), 'onward-demo-'));
  project = createProject('examples');
  const argv = [DEMO, ...images, '--project', project, '--json', ...args];
  const child = spawn(process.execPath, argv, { env: { ...process.env, TMPDIR: temporary } });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { process: child, ended: ended.then(([[exit], stdout, stderr]) => ({ exit, stdout, stderr })) };
}

/** Names of what the engine still has of the demo. */
async function listLeftovers(): Promise<string> {
  const found = await Promise.all([
    docker(['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`]),
    docker(['volume', 'ls', '--quiet', '--filter', `name=${project}`]),
    docker(['network', 'ls', '--quiet', '--filter', `name=${project}`]),
    docker(['image', 'ls', '--quiet', '--filter', `label=dev.onward.demo=${project}`]),
  ]);
  return found.join('');
}

describe('examples/compose/demo.mjs', () => {
  let demo: Demo | undefined;

  afterEach(async () => {
    demo?.process.kill('SIGKILL');
    await removeProject(project);
    await rm(temporary, { recursive: true, force: true });
  });

  it(
    'goes to 1.2.0 and back from 1.3.0 in Compose without a failed request inside or outside, and leaves nothing behind',
    async () => {
      demo = await startDemo('--calm', '1', '--rate', '30', '--inside-rate', '15');
      const { exit, stdout, stderr } = await demo.ended;
      const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '""') as Summary;
      expect(summary, stderr).toMatchObject({
        outside: { failed: 0, failures: [] },
        inside: { failed: 0, reasons: [] },
        ...{ lostWrites: 0, doubledWrites: 0, schedulerOverlaps: 0 },
        ...{ release: '1.2.0', rolledBack: '1.3.0' },
        ...{ disturbed: [], isLeftAlone: true },
      });
      expect(summary.outside.carried).toBeGreaterThan(500);
      expect(summary.inside.carried).toBeGreaterThan(300);
      expect(summary.override).toMatchObject({
        api: { release: '1.2.0', replicas: 2 },
        web: { release: '1.1.0', replicas: 1 },
        worker: { release: '1.1.0', replicas: 1 },
        scheduler: { release: '1.2.0', replicas: 1 },
      });
      expect(exit).toBe(0);
      expect(await readdir(temporary)).toEqual([]);
      expect(await listLeftovers()).toBe('');
    },
    4 * MINUTES,
  );
});

describe('findFaults()', () => {
  const good = {
    release: '1.2.0',
    rolledBack: '1.3.0',
    outside: { carried: 10, failed: 0, failures: [] },
    inside: { carried: 10, failed: 0, reasons: [] },
    acknowledgedOrders: 2,
    lostWrites: 0,
    doubledWrites: 0,
    schedulerOverlaps: 0,
    disturbed: [],
    isLeftAlone: true,
    override: {},
    latency: {},
    runs: [],
  };

  it.each([
    [{}, []],
    [{ outside: { ...good.outside, failed: 1 } }, ['1 requests from outside failed']],
    [{ inside: { ...good.inside, failed: 2 } }, ['2 requests between services failed']],
    [{ inside: { ...good.inside, carried: 0 } }, ['there were no requests between services']],
    [{ lostWrites: 2, doubledWrites: 3 }, ['2 acknowledged orders are not there', '3 orders were stored twice']],
    [{ schedulerOverlaps: 1 }, ['two schedulers ran at once']],
    [{ disturbed: ['db', 'web'] }, ['db, web should not have been touched']],
    [{ isLeftAlone: false }, ['"docker compose up -d" changed something']],
    [{ release: '1.1.0', rolledBack: null }, ['the shop is on 1.1.0, not on 1.2.0', '1.3.0 was not rolled back']],
  ])('of %j finds %j', (change, faults) => {
    expect(findFaults({ ...good, ...change })).toEqual(faults);
  });
});

describe('findDisturbed()', () => {
  const db = { id: 'a', service: 'db', state: 'running', startedAt: '2026-01-01T00:00:00Z' };
  const api = { ...db, id: 'b', service: 'api' };

  it.each([
    ['nothing where all is as it was', [db, api], []],
    ['nothing where only what may change did', [db, { ...api, id: 'c' }], []],
    ['a container that was started again', [{ ...db, startedAt: '2026-01-01T00:01:00Z' }, api], ['db']],
    ['a container that was made anew', [{ ...db, id: 'c' }, api], ['db']],
    ['a container that is gone', [api], ['db']],
    ['a service that was not there', [db, api, { ...db, id: 'd', service: 'cache' }], ['cache']],
  ])('finds %s', (_, after, found) => {
    expect(findDisturbed([db, api], after, ['api'])).toEqual(found);
    expect(isSame([db, api], after)).toBe(after.length === 2 && after[0] === db && after[1] === api);
  });
});
