import { join } from 'node:path';
import { renderContracted } from '../../contract/index.ts';
import { renderVerification } from '../../data-migrate/index.ts';
import type { FileAssertion } from '../../migrate/index.ts';
import type { Json } from '../../model/index.ts';
import { recordAccepted } from '../accept/record-accepted.ts';
import { installDualWrite, listDualWrites, removeDualWrite } from '../data/dual-writes.ts';
import { listDeclared } from '../data-migrations.ts';
import { checksFailed } from '../errors.ts';
import { createPerformer } from '../run-context.ts';
import { migrateDatabase } from '../steps/migrations.ts';
import { findLastingProblems, runChecks } from '../steps/run-checks.ts';
import { compareTotalsAfter, reportTotals } from '../totals.ts';
import { runBackupHook } from './backup-hook.ts';
import { type ContractContext, listConcerned } from './contract-context.ts';
import { listDualWritesToRemove } from './observe-contract.ts';
import { isContracted } from './owed-data.ts';

/** Writes down on what evidence the run goes on. */
export async function recordGates({ base, prepared }: ContractContext): Promise<void> {
  const gates = prepared.plan.gates.map(({ id, state, evidence }) => ({ id, state, evidence }));
  const data = { open: true, gates: gates as unknown as Json, databases: prepared.plan.databases as unknown as Json };
  await base.journal.append({ step: 'preflight', key: 'gates', kind: 'decision', data });
  await recordAccepted(base.journal, prepared.plan);
}

/** Each database that something is removed from, by the operator's own commands. An attempt that was cut off is made again. */
export async function runBackups(context: ContractContext): Promise<void> {
  const { system, installation, journal, signal } = context.base;
  const hook = installation.deployment.backup;
  // Then it was accepted that there is none.
  if (!hook) return;
  const perform = createPerformer(context.base, 'backup');
  for (const database of listConcerned(context)) {
    signal.throwIfAborted();
    const target = installation.databases.get(database);
    if (!target) continue;
    const folder = join(installation.deployment.stateDirectory, 'backup');
    const request = { hook, database, target, folder, run: journal.run, signal };
    await perform(`backup:${database}`, { database }, () => runBackupHook(system, request));
  }
}

/** The changes themselves: database by database, each with its triggers for both shapes first. */
export async function runRemoval(context: ContractContext): Promise<void> {
  for (const database of listConcerned(context)) {
    context.base.signal.throwIfAborted();
    await removeTriggers(context, database);
    const assertions = await buildAssertions(context, database);
    const upTo = context.base.start.to;
    await migrateDatabase(context.base, { step: 'contract', phases: ['contract'], database, upTo, assertions });
  }
}

async function removeTriggers(context: ContractContext, database: string): Promise<void> {
  const { system, installation, journal, lease, signal, start } = context.base;
  const work = { system, installation, lease, run: journal.run, signal };
  const perform = createPerformer(context.base, 'contract');
  for (const { id, release } of await listDualWritesToRemove(system, installation, { database, upTo: start.to })) {
    await perform(`dual-write:${database}/${id}`, { database, id }, async () => {
      await removeDualWrite(work, { database, id, release });
    });
  }
}

/** Puts back the triggers of databases whose old shape is still there: rows go on being written in both shapes. */
export async function restoreTriggers(context: ContractContext): Promise<void> {
  const { system, installation, journal, lease, signal, start } = context.base;
  const taken = journal.records.flatMap(({ key, kind }) =>
    kind === 'intent' && key.startsWith('dual-write:') ? [key.slice('dual-write:'.length)] : [],
  );
  if (taken.length === 0) return;
  const declared = await listDeclared(installation, { upTo: start.to });
  const owed = declared.filter((found) => taken.includes(`${found.declared.database}/${found.declared.id}`));
  const work = { system, installation, lease, run: journal.run, signal };
  const perform = createPerformer(context.base, 'contract');
  for (const found of await listDualWrites(system, installation, { owed, known: [] })) {
    if (await isContracted(system, installation, found)) continue;
    const { database, id } = found.declared;
    await perform(`dual-write-back:${database}/${id}`, { database, id }, async () => {
      await installDualWrite(work, found);
    });
  }
}

/** The verification of every data migration that Onward itself carries out; a service's own program cannot ask under our lock. */
async function buildAssertions({ base, owed }: ContractContext, database: string): Promise<readonly FileAssertion[]> {
  const assertions: FileAssertion[] = [];
  for (const found of owed) {
    const { declared } = found;
    if (declared.kind !== 'sql' || declared.database !== database) continue;
    assertions.push({
      mayBeGone: await isContracted(base.system, base.installation, found),
      name: `data migration ${declared.id}`,
      table: declared.table,
      query: renderVerification(declared),
      record: (migration) => renderContracted(declared.id, migration),
      hint: `Run "onward data-migrate run ${declared.id}", then "onward contract" again.`,
    });
  }
  return assertions;
}

/** Smoke checks pass, and totals are what they were. */
export async function runContractVerify({ base }: ContractContext): Promise<void> {
  const problems = await findLastingProblems(base, () => runChecks(base));
  if (problems.length > 0) throw checksFailed(problems);
  await compareTotalsAfter(base, 'contract');
  reportTotals(base);
}
