import {
  type ConnectionTarget,
  PostgresError,
  resolveAddresses,
  type Session,
  type System,
} from '../../system/index.ts';
import type { Refusal } from './errors.ts';

const ELSEWHERE = 'Name a server that holds nothing of value, or leave out --on to use an embedded one.';

/**
 * Why the server behind `session` must not be used for trying things out; `undefined` when it may be. What cannot be told counts as a reason.
 * It reads, and writes nothing.
 */
export async function findRefusal(
  system: System,
  session: Session,
  options: { readonly on: ConnectionTarget; readonly never: readonly ConnectionTarget[] },
): Promise<Refusal | undefined> {
  return (
    (await findRoleProblem(session)) ??
    (await findContent(session)) ??
    (await findSameAddress(options.on, options.never)) ??
    (await findSameServer(system, session, options.never))
  );
}

async function findRoleProblem(session: Session): Promise<Refusal | undefined> {
  const { rows } = await session.query<{ role: string; may_create: boolean; is_standby: boolean }>(
    `select current_user as role, rolsuper or rolcreatedb as may_create, pg_catalog.pg_is_in_recovery() as is_standby
       from pg_catalog.pg_roles where rolname = current_user`,
  );
  const row = rows[0];
  if (row?.is_standby) return { reason: 'it is a standby, which copies another server', hint: ELSEWHERE };
  if (row?.may_create) return undefined;
  const role = row?.role ?? 'the role';
  return {
    reason: `role ${role} may not create databases`,
    hint: `Run on that server, if it holds nothing of value: alter role "${role.replaceAll('"', '""')}" createdb`,
  };
}

/** The named database must be empty: what holds rows may be somebody's. Extensions' own tables do not count. */
async function findContent(session: Session): Promise<Refusal | undefined> {
  const { rows } = await session.query<{ name: string; is_ledger: boolean }>(
    `select n.nspname || '.' || c.relname as name, n.nspname = 'onward' as is_ledger
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%'
        and (n.nspname = 'onward' and c.relname in ('lease', 'migration')
             or c.relkind = 'f'
             or c.relkind in ('r', 'm') and pg_catalog.pg_relation_size(c.oid) > 0
                and not exists (select from pg_catalog.pg_depend d
                                 where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'))
      order by 2 desc, 1 limit 3`,
  );
  if (rows.length === 0) return undefined;
  if (rows[0]?.is_ledger) {
    return { reason: `it holds ${rows[0].name}, so Onward migrates it: it is in use`, hint: ELSEWHERE };
  }
  const names = rows.map(({ name }) => name).join(', ');
  return { reason: `it holds tables with rows, such as ${names}, so it may be in use`, hint: ELSEWHERE };
}

async function findSameAddress(on: ConnectionTarget, never: readonly ConnectionTarget[]): Promise<Refusal | undefined> {
  const own = await resolveAddresses(on.host);
  for (const target of never) {
    if (target.port !== on.port) continue;
    const others = await resolveAddresses(target.host);
    const isSame = target.host === on.host || own.some((address) => others.includes(address));
    if (isSame) {
      return {
        reason: `the server of the deployment's database ${target.database} is at the same address (${target.host}:${target.port})`,
        hint: ELSEWHERE,
      };
    }
  }
  return undefined;
}

/** The same server under another address: a second name, a proxy, a socket, or a physical copy. */
async function findSameServer(
  system: System,
  session: Session,
  never: readonly ConnectionTarget[],
): Promise<Refusal | undefined> {
  if (never.length === 0) return undefined;
  const own = await loadSystemIdentifier(session);
  if (own === undefined) {
    return {
      reason: 'its role may not read pg_control_system(), so it cannot be told from the production server',
      hint: `Run on that server as a superuser: grant execute on function pg_control_system() to public`,
    };
  }
  for (const target of never) {
    const other = await loadIdentifierOf(system, target);
    if (other === 'unreachable') continue;
    if (other === own) {
      return {
        reason: `it is the server of the deployment's database ${target.database} under another address`,
        hint: ELSEWHERE,
      };
    }
    if (other === undefined) {
      return {
        reason: `role ${target.user} may not read pg_control_system() on ${target.host}:${target.port}, so the two servers cannot be told apart`,
        hint: 'Leave out --on to use an embedded server.',
      };
    }
  }
  return undefined;
}

async function loadIdentifierOf(system: System, target: ConnectionTarget): Promise<string | undefined | 'unreachable'> {
  let session: Session;
  try {
    session = await system.postgres.connect(target, { applicationName: 'onward lint', retryForMs: 0 });
  } catch {
    return 'unreachable';
  }
  try {
    return await loadSystemIdentifier(session);
  } finally {
    await session.close();
  }
}

async function loadSystemIdentifier(session: Session): Promise<string | undefined> {
  try {
    const { rows } = await session.query<{ id: string }>(
      'select system_identifier::text as id from pg_catalog.pg_control_system()',
    );
    return rows[0]?.id;
  } catch (error) {
    if (error instanceof PostgresError) return undefined;
    throw error;
  }
}
