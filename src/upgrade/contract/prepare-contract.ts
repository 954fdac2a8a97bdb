import {
  type ContractFacts,
  type ContractPlan,
  compareVersions,
  type DeclaredDataMigration,
} from '../../model/index.ts';
import { planContract } from '../../plan/index.ts';
import type { System } from '../../system/index.ts';
import { nothingInstalled } from '../errors.ts';
import { describeUnfinished, findUnfinishedRun } from '../find-run.ts';
import type { Installation } from '../installation.ts';
import { observeAcceptances } from '../observe-acceptances.ts';
import { observeCurrent } from '../observe-control.ts';
import { contractAhead, contractUnknown } from './errors.ts';
import { observeContract } from './observe-contract.ts';

export interface ContractRequest {
  /** Contract files of versions up to this one; the release that runs unless told. */
  readonly version?: string;
}

export interface PreparedContract {
  readonly facts: ContractFacts;
  readonly plan: ContractPlan;
  /** Verified again under the locks. */
  readonly owed: readonly DeclaredDataMigration[];
}

/**
 * Looks at everything and decides whether the old shape may go. Changes nothing. `run`: the one that is being taken up. Throws
 * `upgrade.nothing-installed`, `upgrade.contract-ahead` and `upgrade.contract-unknown`.
 */
export async function prepareContract(
  system: System,
  installation: Installation,
  request: ContractRequest & { readonly run?: string },
): Promise<PreparedContract> {
  const found = await observeCurrent(installation);
  if (!found) throw nothingInstalled('contract');
  const upTo = request.version?.replace(/^v/, '') ?? found.release;
  await assertKnown(installation, { upTo, current: found.release });
  const { list, now } = await observeAcceptances(installation);
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  const isOwn = unfinished?.run === request.run;
  const { facts, owed } = await observeContract(system, installation, {
    current: await installation.source.release(found.release),
    upTo,
    now,
    unfinished: unfinished && !isOwn ? describeUnfinished(unfinished) : undefined,
    ...(request.run === undefined ? {} : { run: request.run }),
  });
  return { facts, plan: planContract(facts, list), owed };
}

async function assertKnown(
  installation: Installation,
  { upTo, current }: { readonly upTo: string; readonly current: string },
): Promise<void> {
  const { releases } = await installation.source.catalog();
  const known = releases.map(({ version }) => version);
  if (!known.includes(upTo)) throw contractUnknown(upTo, known);
  if (compareVersions(upTo, current) > 0) throw contractAhead(upTo, current);
}
