import type { DeclaredDataMigration } from '../../model/index.ts';
import type { RunContext } from '../run-context.ts';
import type { PreparedContract } from './prepare-contract.ts';

/** What every step of a contract run has at hand. */
export interface ContractContext {
  /** As of any run; nothing rolls in this one. `release` is the release that runs, `start.to` the version up to which is contracted. */
  readonly base: RunContext;
  readonly prepared: PreparedContract;
  /** Data migrations that are verified again under the locks. */
  readonly owed: readonly DeclaredDataMigration[];
}

/** The databases of this run that something is removed from. */
export function listConcerned({ prepared }: ContractContext): readonly string[] {
  return prepared.plan.databases.map(({ name }) => name);
}
