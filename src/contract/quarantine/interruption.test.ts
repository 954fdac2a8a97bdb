import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../../test/support/bundle-program.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { createLedger } from '../../migrate/index.ts';
import { type ConnectionTarget, resolveConnectionTarget, type Session } from '../../system/index.ts';
import { startTestServer, type TestServer } from '../test-support.ts';
import { observeQuarantine } from './ledger-row.ts';
import type { RunQuarantineOptions } from './request.ts';
import { runQuarantine } from './run-quarantine.ts';
import { createRequest, explodeAcls, ROLES_SQL, SHOP_SQL, tryOut } from './test-support.ts';

// Below the packages, so that the bundle finds the parser.
const FOLDER = resolve(import.meta.dirname, '../../../node_modules/.cache', `quarantine-${process.pid}`);

describe('a quarantine that is interrupted', () => {
  let server: TestServer;
  let admin: Session;
  let shop: Session;
  let target: ConnectionTarget;
  let program: string;

  beforeAll(async () => {
    server = await startTestServer();
    await server.createDatabase(ROLES_SQL);
    await mkdir(FOLDER, { recursive: true });
    program = await bundleProgram(join(import.meta.dirname, '../../../test/support/quarantine-runner.ts'), FOLDER);
  });
  beforeEach(async () => {
    admin = await server.createDatabase();
    await createLedger(server.system, admin);
    await admin.query(SHOP_SQL);
    shop = await server.connect({ user: 'shop', applicationName: 'shop@1.0.0' });
    const { rows } = await admin.query<{ name: string }>('select current_database() as name');
    const url = `postgres://postgres@127.0.0.1:${server.server.port}/${rows[0]?.name}`;
    target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
  });
  afterAll(async () => {
    await server.close();
    await rm(FOLDER, { recursive: true, force: true });
  });

  const createOptions = (given: Partial<RunQuarantineOptions> = {}): RunQuarantineOptions => {
    const { doomed, ...request } = createRequest();
    const databases = [{ name: 'core', target, doomed }];
    return { ...request, databases, signal: new AbortController().signal, ...given };
  };
  const inForce = (run: string) =>
    eventually(
      () => observeQuarantine(admin, 'acme'),
      (quarantine) => quarantine?.run === run,
    );
  /** A later run: it has raised the epoch, as taking the lease does. */
  const takeOver = () => admin.query(`update onward.fence set epoch = epoch + 1 where deployment = 'acme'`);

  it('stays in force when its process is killed, until the next run begins it anew', async () => {
    const before = await explodeAcls(admin);
    const child = spawn(process.execPath, [program, JSON.stringify(createOptions())], { stdio: 'inherit' });
    const left = await inForce('contract-1');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await tryOut(shop, 'select total from orders')).toBe('42501');
    await takeOver();
    // What was refused while nobody watched does not end the next one; that it asks for its full time is the price.
    const report = await runQuarantine(server.system, createOptions({ run: 'contract-2', epoch: 4, durationMs: 300 }));
    expect(report.outcome).toBe('clean');
    const { rows } = await admin.query('select run, ended_because from onward.quarantine order by began_at');
    expect(rows).toEqual([
      { run: left?.run, ended_because: 'begun anew' },
      { run: 'contract-2', ended_because: null },
    ]);
    await report.end('stopped');
    expect(await explodeAcls(admin)).toEqual(before);
  });

  it('belongs to one watcher: the older one ends without giving back what the newer one took', async () => {
    const older = runQuarantine(server.system, createOptions());
    await inForce('contract-1');
    await takeOver();
    const newer = runQuarantine(server.system, createOptions({ run: 'contract-2', epoch: 4 }));
    const ended = await older;
    expect(ended.outcome).toBe('undone');
    await ended.end('stopped');
    await inForce('contract-2');
    expect(await tryOut(shop, 'select total from orders')).toBe('42501');
    const report = await newer;
    expect(report.outcome).toBe('refused');
    expect(await tryOut(shop, 'select total from orders')).toBe('ok');
    await report.end('stopped');
  });

  it('is given back everywhere when one of several databases refuses a statement', async () => {
    const [first, firstShop, firstTarget] = [admin, shop, target];
    admin = await server.createDatabase();
    await createLedger(server.system, admin);
    await admin.query(SHOP_SQL);
    const { rows } = await admin.query<{ name: string }>('select current_database() as name');
    const { doomed } = createRequest();
    const databases = [
      { name: 'core', target: firstTarget, doomed },
      { name: 'other', target: { ...firstTarget, database: rows[0]?.name ?? '' }, doomed },
    ];
    const running = runQuarantine(server.system, createOptions({ databases }));
    await inForce('contract-1');
    expect(await tryOut(firstShop, 'select total from orders')).toBe('42501');
    const report = await running;
    expect(report.outcome).toBe('refused');
    expect(report.evidence.map(({ database, refusals }) => [database, refusals.length > 0])).toEqual([
      ['core', true],
      ['other', false],
    ]);
    expect([await observeQuarantine(first, 'acme'), await observeQuarantine(admin, 'acme')]).toEqual([
      undefined,
      undefined,
    ]);
    await report.end('stopped');
  });

  it('goes on watching when the server ends its session', async () => {
    const running = runQuarantine(server.system, createOptions());
    await inForce('contract-1');
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'onward quarantine'`,
    );
    await eventually(
      async () =>
        (await admin.query(`select from pg_stat_activity where application_name = 'onward quarantine'`)).count,
      (count) => count === 1,
    );
    expect(await tryOut(shop, 'select total from orders')).toBe('42501');
    expect((await running).outcome).toBe('refused');
    await (await running).end('stopped');
  });
});
