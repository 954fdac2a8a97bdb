import { readdir } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findFaults, type Summary } from '../../examples/compose/demo/summary.mjs';
import { findDisturbed, isSame } from '../../examples/compose/demo/touched.mjs';
import { createProject, docker, removeProject } from '../support/docker.ts';
import { haproxyImage, nodeImage, postgresImage } from '../support/images.ts';
import { type Demo, endDemo, interruptAt, parseSummary, startDemo } from './demo.ts';

const MINUTES = 60_000;
const images: string[] = [];
let project = '';

beforeAll(async () => {
  images.push('--node', await nodeImage(), '--postgres', await postgresImage(), '--haproxy', await haproxyImage());
});

function startComposeDemo(...args: string[]): Promise<Demo> {
  project = createProject('examples');
  return startDemo('compose/demo.mjs', { args: [...images, '--project', project, ...args] });
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
    if (demo) await endDemo(demo);
    demo = undefined;
    await removeProject(project);
  });

  it(
    'goes to 1.2.0 and back from 1.3.0 in Compose without a failed request inside or outside, and leaves nothing behind',
    async () => {
      demo = await startComposeDemo('--json', '--calm', '0.5', '--rate', '30', '--inside-rate', '15');
      const { exit, stdout, stderr } = await demo.ended;
      const summary = parseSummary<Summary>(stdout);
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
      expect(await readdir(demo.temporary)).toEqual([]);
      expect(await listLeftovers()).toBe('');
    },
    4 * MINUTES,
  );

  it(
    'leaves nothing behind when it is interrupted while services start',
    async () => {
      demo = await startComposeDemo('--calm', '0');
      interruptAt(demo, 'Installing 1.0.0', 'Fetch and verify artifacts');
      const { exit, stderr } = await demo.ended;
      expect(stderr).toContain('Interrupted.');
      expect(exit).toBe(130);
      expect(await readdir(demo.temporary)).toEqual([]);
      expect(await listLeftovers()).toBe('');
    },
    3 * MINUTES,
  );

  it('says that it needs Docker where there is none, and makes nothing', async () => {
    demo = await startDemo('compose/demo.mjs', { environment: { DOCKER_HOST: 'unix:///nonexistent' } });
    const { exit, stderr } = await demo.ended;
    expect(stderr).toContain('This demo needs a Docker engine that this user may use: ');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(exit).toBe(2);
    expect(await readdir(demo.temporary)).toEqual([]);
  });
});

describe('findFaults()', () => {
  const good = {
    release: '1.2.0',
    rolledBack: '1.3.0',
    outside: { carried: 10, failed: 0, failures: [] },
    inside: { carried: 10, failed: 0, reasons: [] },
    ...{ acknowledgedOrders: 2, lostWrites: 0, doubledWrites: 0, schedulers: 2, schedulerOverlaps: 0 },
    disturbed: [],
    isLeftAlone: true,
    override: {},
    latency: {},
    runs: [],
  };

  it.each([
    [{}, []],
    [{ outside: { ...good.outside, failed: 1 } }, ['1 requests from outside failed']],
    [
      { inside: { ...good.inside, failed: 2, reasons: ['503'] } },
      ['2 requests between services failed, the first one: 503'],
    ],
    [{ inside: { ...good.inside, carried: 0 } }, ['there were no requests between services']],
    [{ disturbed: ['db', 'web'] }, ['db, web should not have been touched']],
    [{ isLeftAlone: false }, ['"docker compose up -d" changed something']],
    [{ release: '1.1.0' }, ['the shop is on 1.1.0, not on 1.2.0']],
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
