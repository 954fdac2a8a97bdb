import type { DoomedObject } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import type { QuarantineRequest } from './request.ts';

export const TOTAL: DoomedObject = { kind: 'column', schema: 'public', table: 'orders', column: 'total' };
export const ORDERS: DoomedObject = { kind: 'table', schema: 'public', table: 'orders' };

/** A table of an owner of its own, which an application may use, and the deployment's fence at epoch 3. Roles belong to the whole server. */
export const SHOP_SQL = `
  create table orders (id bigint primary key, total int, note text);
  insert into orders select n, n, 'note' from generate_series(1, 10) as n;
  alter table orders owner to shop_owner;
  grant select, insert, update, delete on orders to shop;
  insert into onward.fence (deployment, epoch) values ('acme', 3)`;

export const ROLES_SQL = 'create role shop_owner; create role shop login; create role reports login';

export function createRequest(given: Partial<QuarantineRequest> = {}): QuarantineRequest {
  return {
    deployment: 'acme',
    release: '2.0.0',
    run: 'contract-1',
    epoch: 3,
    doomed: [TOTAL],
    durationMs: 60_000,
    ...given,
  };
}

/** Every privilege on every table of the schema, as the server explodes it. */
export async function explodeAcls(session: Session): Promise<readonly string[]> {
  const { rows } = await session.query<{ entry: string }>(
    `select concat_ws(' ', g.name, g.col, e.grantor::regrole, case e.grantee when 0 then 'PUBLIC' else e.grantee::regrole::text end,
              e.privilege_type, e.is_grantable) as entry
     from (select c.relname as name, '' as col, coalesce(c.relacl, acldefault('r', c.relowner)) as acl
           from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           union all
           select c.relname, a.attname, a.attacl from pg_class c join pg_attribute a on a.attrelid = c.oid
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not a.attisdropped) g
     cross join lateral aclexplode(g.acl) e order by 1`,
  );
  return rows.map(({ entry }) => entry);
}

/** SQLSTATE of what a statement is refused with; `ok` when it is not. */
export async function tryOut(session: Session, sql: string): Promise<string> {
  return session.query(sql).then(
    () => 'ok',
    (error: { readonly code?: string }) => error.code ?? 'unknown',
  );
}
