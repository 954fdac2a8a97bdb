import {
  assertDualWrite,
  type DualWriteRecord,
  type DualWriteState,
  type DualWriting,
  isDualWriting,
  loadDualWrites,
  loadSearchPath,
  observeDualWrite,
  planDualWrite,
  planDualWriteRemoval,
  renderDualWrite,
  withSession,
} from '../../data-migrate/index.ts';
import { applyStatements, type Statements } from '../../migrate/index.ts';
import type { DeclaredDataMigration } from '../../model/index.ts';
import type { ConnectionTarget, Session, System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';
import type { Lease } from '../lease.ts';

/** What a change of triggers stands on. */
export interface DualWriteWork {
  readonly system: System;
  readonly installation: Installation;
  readonly lease: Lease;
  readonly run: string;
  readonly signal: AbortSignal;
}

/** One data migration that keeps rows in both shapes, and the release that declares it. */
export interface DeclaredDualWrite {
  readonly release: string;
  readonly declared: DualWriting;
}

/**
 * Makes sure of the trigger of a data migration: installs it, replaces another one by its name, or leaves it alone when it is as declared.
 * Under the lease, fenced by the epoch, at its moment and within the lock budget. True when something was changed.
 *
 * Throws `data-migrate.no-table`, `data-migrate.dual-write-disabled`, and what a migration throws.
 */
export async function installDualWrite(work: DualWriteWork, found: DeclaredDualWrite): Promise<boolean> {
  const { declared, release } = found;
  const by = { release, run: work.run, epoch: work.lease.epoch };
  return apply(work, { database: declared.database, release }, (session) => planDualWrite(session, declared, by));
}

/**
 * Removes the trigger of a data migration, then its function, and records it: before its contract migrations take away what it writes to.
 * The ledger says where it stands, so the release need not declare it any more. False when none is on record as installed. Protected as
 * the installation is.
 */
export async function removeDualWrite(
  work: DualWriteWork,
  { database, id, release }: { readonly database: string; readonly id: string; readonly release: string },
): Promise<boolean> {
  return apply(work, { database, release }, (session) => planDualWriteRemoval(session, id));
}

/** The triggers on record of one database, those that were removed included. Changes nothing. */
export async function observeDualWrites(system: System, target: ConnectionTarget): Promise<readonly DualWriteRecord[]> {
  const session = await system.postgres.connect(target, { applicationName: 'onward' });
  try {
    return await loadDualWrites(session);
  } finally {
    await session.close();
  }
}

/** What the database has of the trigger that a data migration declares; `undefined` when it declares none. Changes nothing. */
export async function observeDeclaredDualWrite(
  system: System,
  installation: Installation,
  { declared }: DeclaredDataMigration,
): Promise<DualWriteState | undefined> {
  const target = installation.databases.get(declared.database);
  if (declared.kind !== 'sql' || !isDualWriting(declared) || !target) return undefined;
  return withSession(system, target, (session) => observeDualWrite(session, declared));
}

/** Throws `data-migrate.no-dual-write` or `.dual-write-disabled` when the trigger is on record as installed and does not fire any more. */
export async function assertDualWriteKept(
  system: System,
  installation: Installation,
  { declared }: DeclaredDataMigration,
): Promise<void> {
  const target = installation.databases.get(declared.database);
  if (declared.kind !== 'sql' || !isDualWriting(declared) || !target) return;
  await withSession(system, target, async (session) => {
    const records = await loadDualWrites(session);
    if (records.some(({ id, removedAt }) => id === declared.id && removedAt === null))
      await assertDualWrite(session, declared);
  });
}

/** Those that have to be there once `declared` is expanded: what the hop owes, and what earlier releases have installed and not removed. */
export async function listDualWrites(
  system: System,
  installation: Installation,
  of: { readonly owed: readonly DeclaredDataMigration[]; readonly known: readonly DeclaredDataMigration[] },
): Promise<readonly DeclaredDualWrite[]> {
  const installed = new Set<string>();
  for (const [database, target] of installation.databases) {
    for (const { id, removedAt } of await observeDualWrites(system, target))
      if (removedAt === null) installed.add(`${database}/${id}`);
  }
  // The newest release's, when several declare the same id.
  const wanted = new Map<string, DeclaredDualWrite>();
  for (const found of [...of.known, ...of.owed]) {
    const { declared, release } = found;
    if (declared.kind !== 'sql' || !isDualWriting(declared)) continue;
    const key = `${declared.database}/${declared.id}`;
    if (of.owed.includes(found) || installed.has(key)) wanted.set(key, { declared, release });
  }
  return [...wanted.values()];
}

/** The text that made each trigger which is on record as installed, as the declarations have it now; for a copy of the schema. */
export async function loadInstalledDualWrites(
  session: Session,
  of: { readonly database: string; readonly declared: readonly DeclaredDataMigration[] },
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const texts: { readonly path: string; readonly text: string }[] = [];
  for (const record of await loadDualWrites(session)) {
    if (record.removedAt !== null) continue;
    const found = of.declared.findLast(
      ({ declared }) => declared.id === record.id && declared.database === of.database,
    );
    if (found?.declared.kind !== 'sql' || !isDualWriting(found.declared)) continue;
    const text = renderDualWrite(found.declared, { ...record, searchPath: await loadSearchPath(session, record) });
    texts.push({ path: `dual write of ${record.id}`, text });
  }
  return texts;
}

async function apply(
  { system, installation, lease, run, signal }: DualWriteWork,
  { database, release }: { readonly database: string; readonly release: string },
  build: (session: Session) => Promise<Statements | undefined>,
): Promise<boolean> {
  const target = installation.databases.get(database);
  if (!target) throw new Error(`There is no database ${database}`);
  const { name, lockBudgetMs, lockWaitMs } = installation.deployment;
  await lease.assertHeld();
  return applyStatements(
    system,
    {
      database,
      target,
      release,
      run,
      lockBudgetMs,
      lockWaitMs,
      signal,
      fence: { deployment: name, epoch: lease.epoch },
      onEvent: (event) => system.log.emit({ ...event, run }),
    },
    build,
  );
}
