import { quoteName } from '../../sql/index.ts';
import { PostgresError, type Session, type System } from '../../system/index.ts';
import { entriesWithout } from './acl.ts';
import { undo } from './end-quarantine.ts';
import { quarantineFenced, quarantineInexact, quarantineRefused } from './errors.ts';
import { insertQuarantine, lockQuarantine, observeQuarantine, type Quarantine } from './ledger-row.ts';
import { loadEntries } from './load-acls.ts';
import { planQuarantine, type QuarantinePlan, type TableQuarantine } from './plan-quarantine.ts';
import { renderUndo } from './render-undo.ts';
import type { QuarantineRequest } from './request.ts';
import { changePrivileges } from './retry.ts';

const BEGIN_FOR_MS = 10_000;

/**
 * Takes the privileges, and writes into the ledger what gives them back, in one transaction. One that is in force already is given back and
 * begun anew in the same transaction: the time in which nobody watched does not count. Nobody waits for a lock of it. The server is asked
 * afterwards whether the privileges are exactly as planned; if not, nothing has changed.
 *
 * Throws `contract.quarantine-fenced`, `.quarantine-refused` or `.quarantine-inexact`; nothing has changed then.
 */
export async function beginQuarantine(
  system: Pick<System, 'clock' | 'random'>,
  session: Session,
  request: QuarantineRequest,
): Promise<{ readonly quarantine: Quarantine; readonly plan: QuarantinePlan }> {
  try {
    return await changePrivileges(system, session, {
      forMs: BEGIN_FOR_MS,
      work: async () => {
        await assertEpoch(session, request);
        const inForce = await observeQuarantine(session, request.deployment);
        const row = inForce && (await lockQuarantine(session, inForce.id));
        if (row && row.endedAt === undefined) await undo(session, row, 'begun anew');
        const plan = await planQuarantine(session, request);
        for (const table of plan.tables) await applySteps(session, table);
        await assertExact(session, plan);
        return { plan, quarantine: await record(system, session, { request, plan }) };
      },
    });
  } catch (error) {
    throw error instanceof PostgresError && error.code === '42501' ? quarantineRefused(error) : error;
  }
}

async function assertEpoch(session: Session, { deployment, epoch }: QuarantineRequest): Promise<void> {
  const { rows } = await session.query('select from onward.fence where deployment = $1 and epoch = $2 for share', [
    deployment,
    epoch,
  ]);
  if (rows.length === 0) throw quarantineFenced(epoch);
}

async function applySteps(session: Session, { apply }: TableQuarantine): Promise<void> {
  const { rows } = await session.query<{ role: string }>(`select pg_catalog.current_setting('role') as role`);
  const before = rows[0]?.role ?? 'none';
  for (const { grantor, sql } of apply) await session.query(`set local role ${quoteName(grantor)}; ${sql}`);
  await session.query(`select pg_catalog.set_config('role', $1, true)`, [before]);
}

async function assertExact(session: Session, { tables }: QuarantinePlan): Promise<void> {
  const now = await loadEntries(
    session,
    tables.map(({ acl }) => acl.oid),
  );
  const inexact = tables.filter(({ acl, after }) => {
    const entries = now.get(acl.oid)?.entries ?? [];
    return entriesWithout(entries, after).length > 0 || entriesWithout(after, entries).length > 0;
  });
  if (inexact.length > 0) throw quarantineInexact(inexact.map(({ acl }) => `${acl.schema}.${acl.table}`));
}

async function record(
  system: Pick<System, 'random'>,
  session: Session,
  { request, plan }: { readonly request: QuarantineRequest; readonly plan: QuarantinePlan },
): Promise<Quarantine> {
  const id = system.random.hex(8);
  const { deployment, release, run, epoch, doomed, durationMs } = request;
  const steps = plan.tables.flatMap((table) => table.undo);
  const before = plan.tables.map(({ acl }) => ({
    oid: acl.oid,
    name: `${acl.schema}.${acl.table}`,
    entries: acl.entries,
  }));
  const undoing = renderUndo(id, steps);
  const base = { id, deployment, release, run, epoch, doomed, durationMs, before };
  return insertQuarantine(session, { ...base, losses: plan.losses, undo: undoing });
}
