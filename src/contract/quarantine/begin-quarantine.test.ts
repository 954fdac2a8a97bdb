import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLedger } from '../../migrate/index.ts';
import { OnwardError } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import { startTestServer, type TestServer } from '../test-support.ts';
import { beginQuarantine } from './begin-quarantine.ts';
import { endQuarantine } from './end-quarantine.ts';
import { observeQuarantine } from './ledger-row.ts';
import { planQuarantine } from './plan-quarantine.ts';
import { createRequest, explodeAcls, ORDERS, ROLES_SQL, SHOP_SQL, TOTAL, tryOut } from './test-support.ts';

describe.each(['14', '18'] as const)('beginQuarantine() on Postgres %s', (version) => {
  let server: TestServer;
  let admin: Session;
  let shop: Session;

  beforeAll(async () => {
    server = await startTestServer({ version });
    await server.createDatabase(ROLES_SQL);
  });
  beforeEach(async () => {
    admin = await server.createDatabase();
    await createLedger(server.system, admin);
    await admin.query(SHOP_SQL);
    shop = await server.connect({ user: 'shop', applicationName: 'shop@1.0.0' });
  });
  afterAll(() => server.close());

  const begin = (given = {}) => beginQuarantine(server.system, admin, createRequest(given));
  const end = (id: string) => endQuarantine(server.system, admin, { id, because: 'stopped' });

  it('refuses what needs the column, and nothing else', async () => {
    const { quarantine, plan } = await begin();
    expect(plan.losses).toEqual([
      {
        role: 'shop',
        schema: 'public',
        table: 'orders',
        columns: ['total'],
        privileges: ['INSERT', 'SELECT', 'UPDATE'],
      },
    ]);
    const refused = [
      'select total from orders',
      'select * from orders',
      'select orders from orders',
      'select id from orders where total > 3',
      'update orders set total = 1',
      "insert into orders values (100, 1, 'note')",
      'copy orders to stdout',
    ];
    for (const sql of refused) expect([sql, await tryOut(shop, sql)]).toEqual([sql, '42501']);
    const served = [
      'select id, note, ctid, xmin, tableoid from orders',
      'select count(*) from orders',
      "update orders set note = 'new' where id = 1 returning id",
      "insert into orders (id, note) values (200, 'new')",
      'select id from orders where id = 1 for update',
      'delete from orders where id = 200',
    ];
    for (const sql of served) expect([sql, await tryOut(shop, sql)]).toEqual([sql, 'ok']);
    await end(quarantine.id);
    for (const sql of refused.slice(0, 5)) expect([sql, await tryOut(shop, sql)]).toEqual([sql, 'ok']);
  });

  it('says for a simple grant the plain statements, and one that takes them back', async () => {
    await admin.query('revoke insert, update, delete on orders from shop');
    const { tables } = await planQuarantine(admin, { doomed: [TOTAL] });
    const columns = '"id", "note", "tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"';
    expect(tables.map(({ apply }) => apply)).toEqual([
      [
        { grantor: 'shop_owner', sql: 'revoke select on table "public"."orders" from "shop"' },
        { grantor: 'shop_owner', sql: `grant select (${columns}) on table "public"."orders" to "shop"` },
      ],
    ]);
    expect(tables.map(({ undo }) => undo)).toEqual([
      [
        { grantor: 'shop_owner', sql: `revoke select (${columns}) on table "public"."orders" from "shop"` },
        { grantor: 'shop_owner', sql: 'grant select on table "public"."orders" to "shop"' },
      ],
    ]);
  });

  it('takes every way to a table: of the role, of its groups, of everybody', async () => {
    await admin.query(
      `create role team; grant team to shop; grant update (note) on orders to team; grant select on orders to public`,
    );
    const { quarantine, plan } = await begin({ doomed: [ORDERS], roles: ['shop'] });
    expect(plan.losses.map(({ role }) => role).sort()).toEqual([null, 'shop', 'team'].sort());
    const reports = await server.connect({ user: 'reports' });
    for (const sql of ['select 1 from orders', "update orders set note = ''", 'delete from orders'])
      expect([sql, await tryOut(shop, sql)]).toEqual([sql, '42501']);
    expect(await tryOut(reports, 'select 1 from orders')).toBe('42501');
    await end(quarantine.id);
    expect(await tryOut(shop, "update orders set note = ''")).toBe('ok');
    expect(await tryOut(reports, 'select 1 from orders')).toBe('ok');
    await admin.query('drop owned by team; drop role team');
  });

  it('reaches the partitions of a table, which can be asked by themselves', async () => {
    await admin.query(`create table events (at int, what text) partition by range (at); grant select on events to shop;
      create table events_1 partition of events for values from (0) to (9); grant select on events_1 to shop`);
    const { quarantine } = await begin({
      doomed: [{ kind: 'column', schema: 'public', table: 'events', column: 'what' }],
    });
    for (const sql of ['select what from events', 'select what from events_1'])
      expect(await tryOut(shop, sql)).toBe('42501');
    for (const sql of ['select at from events', 'select at from events_1']) expect(await tryOut(shop, sql)).toBe('ok');
    await end(quarantine.id);
    expect(await tryOut(shop, 'select what from events_1')).toBe('ok');
  });

  it('takes no lock that a reader or writer of the table waits for, and waits for none of theirs', async () => {
    const other = await server.connect({ user: 'shop' });
    await shop.query("begin; update orders set note = 'held' where id = 1; select * from orders");
    await admin.query('begin');
    const { plan, locks } = await (async () => {
      const tables = (await planQuarantine(admin, { doomed: [TOTAL] })).tables;
      for (const { apply } of tables) for (const { sql } of apply) await admin.query(sql);
      const { rows } = await admin.query<{ mode: string }>(
        `select mode from pg_locks where pid = pg_backend_pid() and relation = 'public.orders'::regclass`,
      );
      return { plan: tables, locks: rows.map(({ mode }) => mode) };
    })();
    expect(plan).toHaveLength(1);
    // Newer servers keep the table from being dropped meanwhile; that lock goes with every reader and writer.
    expect(['AccessShareLock', undefined]).toContain(locks[0]);
    expect(locks.length).toBeLessThanOrEqual(1);
    await other.query("set lock_timeout = '1ms'; update orders set note = 'free' where id = 2; select * from orders");
    await admin.query('rollback');
    const { quarantine } = await begin();
    await shop.query("update orders set note = 'still' where id = 1; commit");
    await end(quarantine.id);
  });

  it('is begun anew by whoever comes later, so that one is in force and the oldest privileges come back', async () => {
    const before = await explodeAcls(admin);
    const first = await begin();
    const second = await begin({ run: 'contract-2' });
    expect((await observeQuarantine(admin, 'acme'))?.id).toBe(second.quarantine.id);
    expect(await end(first.quarantine.id)).toEqual({ because: 'begun anew', changed: [] });
    expect(await tryOut(shop, 'select total from orders')).toBe('42501');
    expect(await end(second.quarantine.id)).toEqual({ because: 'stopped', changed: [] });
    expect(await explodeAcls(admin)).toEqual(before);
    expect(await observeQuarantine(admin, 'acme')).toBeUndefined();
  });

  it('changes nothing under a stale epoch, and a stale run gives back nothing that a newer one took', async () => {
    await expect(begin({ epoch: 2 })).rejects.toThrow(/epoch 2 is stale/);
    expect(await tryOut(shop, 'select total from orders')).toBe('ok');
    const { quarantine } = await begin();
    await endQuarantine(server.system, admin, { id: quarantine.id, because: 'stopped', epoch: 2 });
    expect(await tryOut(shop, 'select total from orders')).toBe('42501');
    await end(quarantine.id);
  });

  it('is undone by the one statement in the ledger, by hand and as often as one likes', async () => {
    const before = await explodeAcls(admin);
    const { quarantine } = await begin({ doomed: [ORDERS] });
    await admin.query(quarantine.undo);
    await admin.query(quarantine.undo);
    expect(await explodeAcls(admin)).toEqual(before);
    expect(await observeQuarantine(admin, 'acme')).toBeUndefined();
    expect(await end(quarantine.id)).toEqual({ because: 'undone by hand', changed: [] });
  });

  it('gives back the rights to the table when the column is gone, and nothing when the table is', async () => {
    const before = await explodeAcls(admin);
    const { quarantine } = await begin();
    await admin.query('alter table orders drop column total');
    expect(await endQuarantine(server.system, admin, { id: quarantine.id, because: 'contracted' })).toEqual({
      because: 'contracted',
      changed: [],
    });
    expect(await explodeAcls(admin)).toEqual(before);
    const again = await begin({ doomed: [ORDERS] });
    await admin.query('drop table orders');
    await end(again.quarantine.id);
    expect(await observeQuarantine(admin, 'acme')).toBeUndefined();
  });

  it('tells when somebody else changed privileges meanwhile', async () => {
    const { quarantine } = await begin();
    await admin.query('grant truncate on orders to shop');
    expect(await end(quarantine.id)).toEqual({ because: 'stopped', changed: ['public.orders'] });
  });

  it('tries again when somebody is changing privileges at the same moment', async () => {
    const [other, observer] = [await server.connect(), await server.connect()];
    await other.query('begin; grant truncate on orders to reports');
    const begun = begin();
    const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%revoke%' and pid <> pg_backend_pid()`;
    for (let count = 0; count === 0; ) ({ count } = await observer.query(waiting));
    await other.query('commit');
    const { quarantine } = await begun;
    expect(await tryOut(shop, 'select total from orders')).toBe('42501');
    expect(await end(quarantine.id)).toEqual({ because: 'stopped', changed: [] });
    await admin.query('revoke all on orders from reports');
  });

  it('says what stands in its way when Onward may not act for the owner, and changes nothing', async () => {
    await admin.query(`drop role if exists limited`);
    await admin.query(
      `create role limited login; grant usage on schema onward to limited; grant all on all tables in schema onward to limited`,
    );
    const limited = await server.connect({ user: 'limited' });
    const { quarantine, plan } = await beginQuarantine(server.system, limited, createRequest());
    expect(plan.tables).toEqual([]);
    expect(plan.findings.map(({ code, severity, message }) => ({ code, severity, message }))).toContainEqual({
      code: 'contract.role-not-quarantined',
      severity: 'error',
      message:
        'Quarantine leaves the privileges on public.orders as they are: some of it was given by shop_owner, as whom Onward cannot act.',
    });
    expect(await tryOut(shop, 'select total from orders')).toBe('ok');
    await end(quarantine.id);
    await admin.query('drop owned by limited');
    await limited.close();
    await admin.query('drop role limited');
  });

  it('shows the undoing statement when it cannot give back', async () => {
    const { quarantine } = await begin();
    await admin.query(`update onward.quarantine set undo = 'grant select on orders to nobody_at_all'`);
    const error = await end(quarantine.id).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OnwardError);
    expect(error).toMatchObject({
      code: 'contract.quarantine-not-undone',
      state: 'needs-operator',
      detail: 'grant select on orders to nobody_at_all',
    });
    await admin.query(quarantine.undo);
  });
});
