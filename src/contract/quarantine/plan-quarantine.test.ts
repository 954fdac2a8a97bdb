import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../../migrate/index.ts';
import type { Session } from '../../system/index.ts';
import { startTestServer, type TestServer } from '../test-support.ts';
import { planQuarantine } from './plan-quarantine.ts';
import { ORDERS, ROLES_SQL, SHOP_SQL, TOTAL, tryOut } from './test-support.ts';

describe('planQuarantine()', () => {
  let server: TestServer;
  let admin: Session;

  beforeAll(async () => {
    server = await startTestServer({ version: '16' });
    await server.createDatabase(`${ROLES_SQL};
      create role operator login; grant shop_owner to operator;
      create role heir login in role shop_owner; create role analyst login in role pg_read_all_data; create role root login superuser`);
    admin = await server.createDatabase();
    await createLedger(server.system, admin);
    await admin.query(SHOP_SQL);
  });
  afterAll(() => server.close());

  const findings = async (session: Session, given: Partial<Parameters<typeof planQuarantine>[1]> = {}) => {
    const plan = await planQuarantine(session, { doomed: [TOTAL], ...given });
    return plan.findings.map(({ severity, message }) => `${severity}: ${message}`);
  };

  it('finds nothing amiss with an application that has a role of its own', async () => {
    await server.connect({ user: 'shop', applicationName: 'shop@1.0.0' });
    expect(await findings(await server.connect({ user: 'operator' }))).toEqual([]);
  });

  it('says of every role that it cannot bind why, with an error when it is named', async () => {
    const operator = await server.connect({ user: 'operator' });
    const on = 'error: Quarantine does not bind every role on public.orders:';
    const roles = ['analyst', 'heir', 'operator', 'root', 'shop_owner', 'shop', 'nobody_such'];
    expect(await findings(operator, { roles })).toEqual([
      'error: Quarantine cannot bind nobody_such: the server has no role of that name.',
      `${on} analyst is a member of pg_read_all_data, which needs no grant.`,
      `${on} heir is a member of shop_owner, which owns it.`,
      `${on} operator is the role of Onward itself.`,
      `${on} root is a superuser, whom no privilege binds.`,
      `${on} shop_owner owns it: without the owner's privileges its foreign keys and views would refuse the statements of others.`,
    ]);
  });

  it('says so of roles that nobody named when they have sessions, and only then', async () => {
    const operator = await server.connect({ user: 'operator' });
    expect(await findings(operator)).toEqual([]);
    const heir = await server.connect({ user: 'heir', applicationName: 'nightly' });
    const other = await server.connect({ user: 'operator', applicationName: 'shop' });
    expect(await findings(operator)).toEqual([
      'error: Quarantine does not bind every role on public.orders: heir is a member of shop_owner, which owns it.',
      'error: Quarantine does not bind every role on public.orders: operator is the role of Onward itself, and other programs connect as it.',
    ]);
    expect(await findings(operator, { roles: ['shop'] })).toEqual([
      'warning: Quarantine does not bind heir: it has sessions, and onward.yaml does not name it.',
    ]);
    await Promise.all([heir.close(), other.close()]);
  });

  it('would, if it bound the owner, refuse inserts into tables that only refer to it', async () => {
    await admin.query(`create table lines (id int, of bigint references orders); alter table lines owner to shop_owner; grant insert on lines to shop;
      revoke select on orders from shop_owner`);
    const shop = await server.connect({ user: 'shop' });
    expect(await tryOut(shop, 'insert into lines values (1, 1)')).toBe('42501');
    await admin.query('grant select on orders to shop_owner');
    expect(await tryOut(shop, 'insert into lines values (1, 1)')).toBe('ok');
    await admin.query('drop table lines');
  });

  it('names the ways around: views and routines with the rights of their owner, and replication', async () => {
    await admin.query(`create view totals as select total from orders; create view notes as select note from orders;
      create view careful with (security_invoker = true) as select total from orders;
      create function sum_up() returns bigint language sql security definer return (select sum(total) from public.orders);
      create function add_up() returns bigint language plpgsql security definer as 'begin return (select sum(total) from orders); end';
      create function plain() returns bigint language sql as 'select sum(total) from orders';
      create publication news for table orders`);
    const said = (await findings(admin, { roles: ['shop'] })).map((text) =>
      text.replace('warning: Quarantine does not see ', ''),
    );
    expect(said).toEqual([
      'replication of public.orders by the publication news: that needs no privilege.',
      'calls of public.add_up: it runs with the rights of its owner, and its text names public.orders.',
      'calls of public.sum_up: it runs with the rights of its owner, and its text names public.orders.',
      'statements on the view public.totals: it reads public.orders with the rights of its owner.',
    ]);
    const whole = await findings(admin, { roles: ['shop'], doomed: [ORDERS] });
    expect(whole.filter((text) => text.includes('view')).map((text) => /public\.(\w+):/.exec(text)?.[1])).toEqual([
      'notes',
      'totals',
    ]);
    await admin.query('drop publication news; drop view totals, notes, careful; drop function sum_up, add_up, plain');
  });

  it('says what is not there', async () => {
    const doomed = [
      { ...TOTAL, column: 'sum' },
      { ...ORDERS, table: 'order' },
    ];
    expect(await findings(admin, { doomed, roles: ['shop'] })).toEqual([
      'error: Quarantine cannot bind public.orders.sum: the database has no such column.',
      'error: Quarantine cannot bind public.order: the database has no such table.',
    ]);
  });
});
