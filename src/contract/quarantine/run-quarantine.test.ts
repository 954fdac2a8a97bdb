import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { createLedger } from '../../migrate/index.ts';
import { type ConnectionTarget, resolveConnectionTarget, type Session } from '../../system/index.ts';
import { startTestServer, type TestServer } from '../test-support.ts';
import { beginQuarantine } from './begin-quarantine.ts';
import { observeQuarantine } from './ledger-row.ts';
import type { RunQuarantineOptions } from './request.ts';
import { runQuarantine } from './run-quarantine.ts';
import { createRequest, explodeAcls, ORDERS, ROLES_SQL, SHOP_SQL, tryOut } from './test-support.ts';
import { watchRefusals } from './watch/watch-refusals.ts';

const WITH_LOG = { logging_collector: 'on', log_destination: 'csvlog' };
const WITHOUT_LOG = { logging_collector: 'off' };

describe.each([
  ['14', 'the log', WITH_LOG],
  ['18', 'samples of sessions alone', WITHOUT_LOG],
] as const)('runQuarantine() on Postgres %s with %s', (version, _name, settings) => {
  let server: TestServer;
  let admin: Session;
  let shop: Session;
  let target: ConnectionTarget;

  beforeAll(async () => {
    server = await startTestServer({ version, settings });
    await server.createDatabase(`${ROLES_SQL}; create role operator login; grant shop_owner to operator; grant pg_read_all_stats to operator;
      create role blind login; grant shop_owner to blind`);
  });
  beforeEach(async () => {
    admin = await server.createDatabase();
    await createLedger(server.system, admin);
    await admin.query(
      `${SHOP_SQL}; grant usage on schema onward to operator, blind; grant all on all tables in schema onward to operator, blind`,
    );
    shop = await server.connect({ user: 'shop', applicationName: 'shop@1.0.0' });
    target = await targetOf('postgres');
  });
  afterAll(() => server.close());

  const targetOf = async (user: string): Promise<ConnectionTarget> => {
    const { rows } = await admin.query<{ name: string }>('select current_database() as name');
    const url = `postgres://${user}@127.0.0.1:${server.server.port}/${rows[0]?.name}`;
    return resolveConnectionTarget({ url, origin: 'test', environment: {} });
  };
  const run = (given: Partial<RunQuarantineOptions> & { readonly as?: ConnectionTarget } = {}) => {
    const { doomed, ...request } = createRequest();
    const databases = [{ name: 'core', target: given.as ?? target, doomed }];
    return runQuarantine(server.system, { ...request, databases, signal: new AbortController().signal, ...given });
  };
  const inForce = () =>
    eventually(
      () => observeQuarantine(admin, 'acme'),
      (quarantine) => quarantine !== undefined,
    );

  it('is clean when the time has passed, stays in force for what comes next, and is given back then', async () => {
    const before = await explodeAcls(admin);
    const report = await run({ durationMs: 300 });
    expect(report).toMatchObject({ outcome: 'clean', evidence: [{ database: 'core', refusals: [], findings: [] }] });
    expect(await tryOut(shop, 'select total from orders')).toBe('42501');
    await admin.query('alter table orders drop column total');
    expect(await report.end('contracted')).toEqual([{ because: 'contracted', changed: [] }]);
    expect(await explodeAcls(admin)).toEqual(before);
  });

  it('gives everything back at the first refused statement, and says whose it was', async () => {
    const running = run();
    await inForce();
    expect(await tryOut(shop, "select total from orders where note = 'private'")).toBe('42501');
    const report = await running;
    expect(await tryOut(shop, "select total from orders where note = 'private'")).toBe('ok');
    expect(report.outcome).toBe('refused');
    expect(report.evidence[0]?.refusals[0]).toMatchObject({
      role: 'shop',
      application: 'shop@1.0.0',
      statement: 'select total from orders where note = ?',
    });
    expect(await observeQuarantine(admin, 'acme')).toBeUndefined();
    await report.end('stopped');
  });

  it('counts what was rolled back meanwhile, as a remark', async () => {
    const watch = await watchRefusals(server.system, admin, [ORDERS]);
    for (let count = 0; count < 20; count += 1) expect(await tryOut(shop, 'select 1 / 0')).toBe('22012');
    // A session tells its counts late, and at its end for certain.
    await shop.close();
    const rollbacks = await eventually(
      () => watch.countRollbacks(admin),
      (count) => count >= 20,
    );
    // Others' count too, such as the one by which Onward tries the log out.
    expect(rollbacks).toBeLessThan(30);
  });

  it('sees what a transaction was ended by', async () => {
    const running = run();
    await inForce();
    await shop.query('begin');
    expect(await tryOut(shop, 'update orders set total = 1')).toBe('42501');
    const report = await running;
    expect(report.outcome).toBe('refused');
    await shop.query('rollback');
    expect(await tryOut(shop, 'update orders set total = 1')).toBe('ok');
    await report.end('stopped');
  });

  it('gives everything back when it is told to stop, and throws the reason', async () => {
    const stop = new AbortController();
    const running = run({ signal: stop.signal });
    await inForce();
    stop.abort(new Error('Ctrl-C'));
    await expect(running).rejects.toThrow('Ctrl-C');
    expect(await tryOut(shop, 'select total from orders')).toBe('ok');
  });

  it('is over for a watcher when another one, or a person, has ended it', async () => {
    const running = run();
    const quarantine = await inForce();
    await admin.query(quarantine?.undo ?? '');
    const report = await running;
    expect(report.outcome).toBe('undone');
    await report.end('stopped');
    expect(await tryOut(shop, 'select total from orders')).toBe('ok');
  });

  it('begins its time anew over one that was left in force, which nobody has watched', async () => {
    const before = await explodeAcls(admin);
    const left = await beginQuarantine(
      server.system,
      admin,
      createRequest({ durationMs: 1, run: 'killed', doomed: [ORDERS] }),
    );
    const report = await run({ durationMs: 300 });
    expect(report.outcome).toBe('clean');
    const { rows } = await admin.query('select ended_because from onward.quarantine where id = $1', [
      left.quarantine.id,
    ]);
    expect(rows).toEqual([{ ended_because: 'begun anew' }]);
    await report.end('stopped');
    expect(await explodeAcls(admin)).toEqual(before);
  });

  it('takes nothing, and knows nothing, when nobody could see or a role in use is not bound', async () => {
    const heir = await server.connect({ user: 'operator', applicationName: 'shop' });
    const unbound = await run({ as: await targetOf('operator') });
    expect(unbound.outcome).toBe('unknown');
    expect(unbound.evidence[0]?.findings).toMatchObject([{ severity: 'error' }]);
    await heir.close();
    const blind = await run({ as: await targetOf('blind') });
    expect(blind.outcome).toBe('unknown');
    expect(blind.evidence[0]?.layers.map(({ canSee }) => canSee)).toEqual([false, false]);
    expect(await tryOut(shop, 'select total from orders')).toBe('ok');
    await Promise.all([unbound.end('stopped'), blind.end('stopped')]);
  });
});
