import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../test/support/bundle-program.ts';
import { applyStatements, createLedger } from '../migrate/index.ts';
import { failure, startTestServer, type TestServer, until } from '../migrate/test-support.ts';
import type { OnwardError, SqlDataMigration } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { planDualWrite } from './dual-write/plan.ts';
import { isDualWriting } from './dual-write/render.ts';
import { type RunDataMigrationOptions, runDataMigration } from './run-data-migration.ts';
import {
  countWrongLines,
  createCustomers,
  createOrders,
  LINES,
  loadCounters,
  raiseFence,
  SPLIT_NAMES,
} from './test-support.ts';

// Below the packages, so that the bundle finds the parser.
const FOLDER = resolve(import.meta.dirname, '../../node_modules/.cache', `data-migrate-crash-${process.pid}`);
const ROWS = 500;

interface Form {
  readonly form: string;
  readonly declared: SqlDataMigration;
  create(session: Session): Promise<void>;
  /** How the rows differ from what one statement would have left. */
  wrong(session: Session): Promise<unknown>;
  readonly changed: number;
}

const FORMS: readonly Form[] = [
  {
    form: 'UPDATE',
    declared: SPLIT_NAMES,
    create: (session) => createCustomers(session, ROWS),
    async wrong(session) {
      const { rows } = await session.query(
        `select count(*) filter (where first is distinct from case when first = 'kept' then first else split_part(name, ' ', 1) end)::int as missing,
                count(*) filter (where changed <> case when first = 'kept' then 0 else 1 end)::int as extra from customer`,
      );
      return rows[0];
    },
    changed: 450,
  },
  {
    form: 'INSERT',
    declared: { ...LINES, batch: { rows: 100, targetMs: 250 } },
    create: (session) => createOrders(session, ROWS),
    wrong: countWrongLines,
    changed: 750,
  },
];

let servers: TestServer;
let program: string;
beforeAll(async () => {
  servers = await startTestServer();
  await mkdir(FOLDER, { recursive: true });
  program = await bundleProgram(join(import.meta.dirname, '../../test/support/data-migrate-worker.ts'), FOLDER);
});
afterAll(async () => {
  await servers.close();
  await rm(FOLDER, { recursive: true, force: true });
});

async function prepare({ declared, create }: Form) {
  const database = await servers.createDatabase();
  const session = await database.connect('test');
  await createLedger(servers.system, session);
  await raiseFence(session, 1);
  await create(session);
  const options = (epoch: number): RunDataMigrationOptions => ({
    declared,
    target: database.target,
    release: '1.1.0',
    run: `run-${epoch}`,
    fence: { deployment: 'shop', epoch },
  });
  if (isDualWriting(declared))
    await applyStatements(servers.system, { ...options(1), database: 'core' }, (own) =>
      planDualWrite(own, declared, { release: '1.1.0', run: 'run-1', epoch: 1 }),
    );
  return { database, session, options };
}

function start(options: RunDataMigrationOptions, more: readonly string[] = []) {
  const child = spawn(process.execPath, [program, JSON.stringify(options), ...more], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = once(child, 'close').then(([exit, signal]) => ({ exit, signal, said }));
  return { child, ended, batches: () => told.split('.').length - 1 };
}

async function expectWhole(session: Session, { wrong, changed, declared }: Form): Promise<void> {
  expect(await wrong(session)).toEqual({ missing: 0, extra: 0 });
  const counters = await loadCounters(session, declared.id);
  expect(counters).toMatchObject({ status: 'completed', changed, adds_up: true });
  // One that dies between its verification and its end is gone over once more, whole.
  expect([ROWS, 2 * ROWS]).toContain(Number(counters.scanned));
}

describe.each(FORMS)('a data migration by $form', (form) => {
  it('is the same in the end when its worker is killed in every batch', async () => {
    const { session, options } = await prepare(form);
    let kills = 0;
    for (let attempts = 0; ; attempts += 1) {
      expect(attempts).toBeLessThan(20);
      const worker = start(options(1));
      worker.child.stdout.on('data', () => worker.batches() >= 2 && worker.child.kill('SIGKILL'));
      const { signal, exit } = await worker.ended;
      if (signal === null) {
        expect(exit).toBe(0);
        break;
      }
      kills += 1;
    }
    expect(kills).toBeGreaterThan(1);
    await expectWhole(session, form);
  });

  it('is the same in the end when its worker is stopped, another one takes over, and the first goes on', async () => {
    const { session, options } = await prepare(form);
    const worker = start(options(1), ['step']);
    await until('the first batch', async () => worker.batches() === 1);
    worker.child.stdin.write('\n');
    await until('the second batch', async () => worker.batches() === 2);
    worker.child.kill('SIGSTOP');
    await raiseFence(session, 2);
    expect(await runDataMigration(servers.system, options(2))).toEqual({ kind: 'completed' });
    const before = await loadCounters(session, form.declared.id);
    worker.child.kill('SIGCONT');
    worker.child.stdin.write('\n');
    const { exit, said } = await worker.ended;
    expect(exit).not.toBe(0);
    expect(said).toContain('data-migrate.fenced');
    expect(await loadCounters(session, form.declared.id)).toEqual(before);
    await expectWhole(session, form);
  });

  it('goes on behind the last batch when the server is restarted under it', async () => {
    const { session, options, database } = await prepare(form);
    let batches = 0;
    const error = await failure<OnwardError>(
      runDataMigration(servers.system, {
        ...options(1),
        async beforeBatch() {
          batches += 1;
          if (batches !== 3) return;
          await servers.server.stop('immediate');
          await servers.server.start();
        },
      }),
    );
    expect(error).toMatchObject({ code: 'data-migrate.connection-lost', state: 'resumable' });
    await session.close();
    const again = await database.connect('test');
    expect(Number((await loadCounters(again, form.declared.id)).scanned)).toBeGreaterThan(0);
    expect(await runDataMigration(servers.system, options(1))).toEqual({ kind: 'completed' });
    await expectWhole(again, form);
  });
});
