import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  askSample,
  askVerification,
  observeServiceMigration,
  requestWish,
  runServiceMigration,
  type ServiceProgram,
  type ServiceQuestions,
} from '../../src/data-migrate/index.ts';
import { raiseFence } from '../../src/data-migrate/test-support.ts';
import { createProcessRuntime, type Runtime } from '../../src/deploy/index.ts';
import { createLedger } from '../../src/migrate/index.ts';
import { failure, startTestServer, type TestDatabase, type TestServer } from '../../src/migrate/test-support.ts';
import type { OnwardError, ServiceDataMigration } from '../../src/model/index.ts';
import type { Session } from '../../src/system/index.ts';
import { eventually } from '../support/eventually.ts';

const SCRIPT = new URL('../support/other-language.sh', import.meta.url).pathname;
const DECLARED: ServiceDataMigration = {
  kind: 'service',
  id: 'shout',
  database: 'core',
  before: 'postdeploy',
  service: 'api',
  stalledAfterMs: 60_000,
};

let pg: TestServer;
let database: TestDatabase;
let session: Session;
let folder: string;
let runtime: Runtime;

beforeAll(async () => {
  pg = await startTestServer();
});
afterAll(() => pg.close());
beforeEach(async () => {
  database = await pg.createDatabase();
  session = await database.connect();
  await createLedger(pg.system, session);
  await raiseFence(session, 1);
  folder = await mkdtemp(join(tmpdir(), 'onward-protocol-'));
  await copyFile(SCRIPT, join(folder, 'data.sh'));
  runtime = createProcessRuntime(pg.system, { stateDirectory: folder, program: '/nowhere' });
});
afterEach(async () => {
  await runtime.endCommands('api', 1_000);
  await rm(folder, { recursive: true, force: true });
});

/** The program of the service, with a behaviour of its own. */
function programOf(behaviour: string, more: Readonly<Record<string, string>> = {}): ServiceProgram {
  const base = { service: 'api', release: '1.2.0', artifact: folder, graceMs: 500 };
  return {
    service: 'api',
    command: '/bin/sh data.sh',
    graceMs: 500,
    run: (args, { environment, slot, onOutput, signal }) =>
      runtime.runCommand(
        {
          ...base,
          ...(slot ? { slot } : {}),
          command: ['/bin/sh', 'data.sh', ...args],
          environment: { STATE: folder, BEHAVIOUR: behaviour, ...more, ...environment },
        },
        { onOutput, signal },
      ),
  };
}

interface Given {
  readonly declared?: Partial<ServiceDataMigration>;
  readonly epoch?: number;
  readonly signal?: AbortSignal;
  readonly environment?: Readonly<Record<string, string>>;
}

function run(behaviour: string, given: Given = {}): ReturnType<typeof runServiceMigration> {
  return runServiceMigration(pg.system, optionsOf(behaviour, given));
}

function optionsOf(behaviour: string, given: Given): Parameters<typeof runServiceMigration>[1] {
  return {
    declared: { ...DECLARED, ...given.declared },
    target: database.target,
    release: '1.2.0',
    run: 'run-1',
    fence: { deployment: 'shop', epoch: given.epoch ?? 1 },
    program: programOf(behaviour, given.environment),
    environment: {},
    signal: given.signal ?? new AbortController().signal,
  };
}

function questionsOf(behaviour: string): ServiceQuestions {
  return { system: pg.system, program: programOf(behaviour), id: 'shout', environment: {} };
}

const observe = (behaviour: string) => observeServiceMigration(session, 'shout', async () => questionsOf(behaviour));

async function rowOf(): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await session.query(
    `select status, wanted, scanned::int as scanned, changed::int as changed, batches::int as batches, holder, remaining::int as remaining,
            last_error as error from onward.data_migration`,
  );
  return rows[0] ?? {};
}

const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');

describe('runServiceMigration()', () => {
  it('has a program in another language do it, asks anew whether anything is left, and keeps its counters', async () => {
    expect(await run('good')).toEqual({ kind: 'completed' });
    expect(await rowOf()).toMatchObject({ status: 'completed', scanned: 40, changed: 40, batches: 4, remaining: 0 });
    expect(await asked()).toEqual([
      'status shout --format json',
      'run shout --format json',
      'verify shout --format json',
    ]);
    expect(await observe('good')).toMatchObject({ status: 'completed', scanned: 40 });
  });

  it('has not completed what the program still counts, whatever its run said', async () => {
    expect(await run('lies')).toEqual({ kind: 'failed', remaining: 3 });
    expect(await rowOf()).toMatchObject({ status: 'failed', remaining: 3, holder: null });
  });

  it.each([
    ['garbage', 'data-migrate.program-unreadable', 'holds a line that is not JSON'],
    ['garbage-status', 'data-migrate.program-unreadable', 'is not JSON'],
    ['other-id', 'data-migrate.program-unreadable', 'is about "other"'],
    ['fails', 'data-migrate.program-failed', 'exit code 1'],
    ['crashes', 'data-migrate.program-failed', 'SIGKILL'],
    ['flood', 'data-migrate.program-unreadable', 'holds a line of more than 65536 bytes'],
    ['flood-status', 'data-migrate.program-unreadable', 'is longer than 1048576 bytes'],
    ['silent', 'data-migrate.program-unreadable', 'has no result line'],
  ])('counts as not complete when the program is one that %s', async (behaviour, code, what) => {
    const error = await failure<OnwardError>(run(behaviour));
    expect(error.code, error.message).toBe(code);
    expect(error.message).toContain(what);
    expect(error.hint).toContain('onward data-migrate run shout');
    expect(await rowOf()).toMatchObject({ status: 'failed', holder: null, error: error.message });
  });

  it('shows what a program that failed said to standard error', async () => {
    expect((await failure<OnwardError>(run('fails'))).detail).toBe(
      '"/bin/sh data.sh run shout --format json" said:\n  no disk left',
    );
  });

  it('counts as not complete when the program does not know it', async () => {
    const error = await failure<OnwardError>(run('good', { declared: { id: 'whisper' } }));
    expect(error.code).toBe('data-migrate.program-unknown-id');
    expect(await rowOf()).toMatchObject({ status: 'failed' });
  });

  it('ends a run that shows no progress, with all that it started, and calls it stalled', async () => {
    const error = await failure<OnwardError>(run('hangs', { declared: { stalledAfterMs: 300 } }));
    expect(error.code).toBe('data-migrate.program-stalled');
    expect(isAlive(Number(await readFile(join(folder, 'child'), 'utf8')))).toBe(false);
    expect(await run('good')).toEqual({ kind: 'completed' });
  });

  it('lets a run that prints nothing go on for as long as its status moves', async () => {
    expect(await run('quiet', { declared: { stalledAfterMs: 3_000 } })).toEqual({ kind: 'completed' });
    expect((await asked()).filter((line) => line.startsWith('status')).length).toBeGreaterThan(1);
  });

  it('pauses a run through the program, within a batch, and goes on where it was', async () => {
    const running = run('good', { environment: { HOLD: 'yes' } });
    await eventually(rowOf, ({ scanned }) => Number(scanned) > 0);
    await requestWish(session, { id: 'shout', release: '1.2.0', wish: 'pause' });
    expect(await running).toEqual({ kind: 'paused' });
    expect(await rowOf()).toMatchObject({ status: 'paused', scanned: 20 });
    expect((await failure<OnwardError>(run('good'))).code).toBe('data-migrate.not-runnable');
    await requestWish(session, { id: 'shout', release: '1.2.0', wish: 'resume' });
    expect(await run('good')).toEqual({ kind: 'completed' });
    expect(await asked()).toContain('resume shout --format json');
    expect(await rowOf()).toMatchObject({ status: 'completed', scanned: 40, changed: 40 });
  });

  it('cancels a run that does not listen, within its grace period', async () => {
    const running = run('hangs');
    await eventually(
      () => readFile(join(folder, 'child'), 'utf8').catch(() => ''),
      (text) => text !== '',
    );
    await requestWish(session, { id: 'shout', release: '1.2.0', wish: 'cancel' });
    expect(await running).toEqual({ kind: 'cancelled' });
    expect(await rowOf()).toMatchObject({ status: 'cancelled', holder: null, wanted: null });
  });

  it('ends the program when it is asked to stop itself, and is pending then', async () => {
    const stop = new AbortController();
    const running = run('good', { environment: { HOLD: 'yes' }, signal: stop.signal });
    await eventually(rowOf, ({ scanned }) => Number(scanned) > 0);
    stop.abort(new Error('the operator left'));
    expect((await failure(running)).message).toBe('the operator left');
    expect(await rowOf()).toMatchObject({ status: 'pending', holder: null });
    expect(await run('good')).toEqual({ kind: 'completed' });
    expect(await rowOf()).toMatchObject({ scanned: 40, changed: 40 });
  });

  it('ends the program of an earlier run before it starts another one, and believes the stale one nothing', async () => {
    const stale = failure<OnwardError>(run('hangs'));
    const child = Number(
      await eventually(
        () => readFile(join(folder, 'child'), 'utf8').catch(() => ''),
        (text) => text !== '',
      ),
    );
    await raiseFence(session, 2);
    expect(await run('good', { epoch: 2 })).toEqual({ kind: 'completed' });
    expect(isAlive(child)).toBe(false);
    expect((await stale).code).toMatch(/^data-migrate\.(fenced|taken-over)$/);
    expect(await rowOf()).toMatchObject({ status: 'completed', remaining: 0 });
    expect((await failure<OnwardError>(run('good'))).code).toBe('data-migrate.fenced');
    expect(await rowOf()).toMatchObject({ status: 'completed' });
  });

  it('runs part by part, in the size that the release names', async () => {
    const scope = { kind: 'tenant', values: `select unnest(array['a', 'b c'])` };
    expect(await run('good', { declared: { scope, batchRows: 7 } })).toEqual({ kind: 'completed' });
    expect((await asked()).filter((line) => line.startsWith('run'))).toEqual([
      'run shout --batch-size 7 --scope-kind tenant --scope-value a --format json',
      'run shout --batch-size 7 --scope-kind tenant --scope-value b c --format json',
    ]);
    const { rows: parts } = await session.query(
      'select value, status, scanned::int as scanned from onward.data_migration_scope order by position',
    );
    expect(parts).toEqual([
      { value: 'a', status: 'completed', scanned: 40 },
      { value: 'b c', status: 'completed', scanned: 0 },
    ]);
    const wrong = { kind: 'tenant', values: 'select 1, 2' };
    expect((await failure<OnwardError>(run('good', { declared: { scope: wrong } }))).code).toBe(
      'data-migrate.scopes-refused',
    );
    const writing = { kind: 'tenant', values: `insert into onward.fence values ('other', 1) returning deployment` };
    expect((await failure<OnwardError>(run('good', { declared: { scope: writing } }))).message).toContain('read-only');
  });
});

describe('a run of a service with parts', () => {
  it('does not run a part again that is complete, until a verification counts rows', async () => {
    const scope = { kind: 'tenant', values: `select unnest(array['a', 'b'])` };
    const runs = async () => (await asked()).filter((line) => line.startsWith('run')).map((line) => line.split(' ')[5]);
    const one = await runServiceMigration(pg.system, {
      ...optionsOf('good', { declared: { scope } }),
      scope: { kind: 'tenant', value: 'a' },
    });
    expect(one).toEqual({ kind: 'part-completed' });
    expect(await rowOf()).toMatchObject({ status: 'pending', remaining: null });
    expect(await run('lies', { declared: { scope } })).toEqual({ kind: 'failed', remaining: 3 });
    expect(await runs()).toEqual(['a', 'b']);
    expect(await run('good', { declared: { scope } })).toEqual({ kind: 'completed' });
    expect(await runs()).toEqual(['a', 'b', 'a', 'b']);
  });
});

describe('what is asked of a program', () => {
  it('is answered as the program says', async () => {
    expect(await askVerification(questionsOf('good'))).toBe(40);
    expect(await askSample(questionsOf('good'))).toEqual({ estimatedRows: undefined, sampledRows: 10, oldRows: 10 });
  });

  it('is unknown when the program gives no answer, with what is on record and the reason', async () => {
    expect(await observe('garbage-status')).toMatchObject({ status: 'pending', scanned: 0 });
    await run('lies');
    const observed = await observe('garbage-status');
    expect(observed).toMatchObject({ status: 'unknown', scanned: 40 });
    expect(observed.lastError).toContain('is not JSON');
    expect(await observe('good')).toMatchObject({ status: 'failed', scanned: 40, remaining: 3 });
  });

  it('is nothing once it is completed on record: a later release may not know it any more', async () => {
    await run('good');
    expect(await observe('garbage-status')).toMatchObject({ status: 'completed', scanned: 40, remaining: 0 });
  });
});

function isAlive(pid: number): boolean {
  return pg.system.processes.identify(pid) !== undefined;
}
