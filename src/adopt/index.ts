/**
 * Takes over what exists: recognises the ledgers of other migration tools, tells what they mean for the product's files, proves by building
 * them what a ledger does not say, and records it in Onward's own. It runs no migration, and writes nothing to another tool's table.
 */

export {
  type DeploymentLedgerRequest,
  planDeploymentLedger,
  takeOverDeploymentLedger,
} from './deployment-ledger.ts';
export { renderDifference } from './judge-equality.ts';
export { LEDGER_TOOLS } from './ledgers/tools.ts';
export { type LedgerPlan, type LedgerRequest, planLedger } from './plan-ledger.ts';
export { assertAdoptable, type TakeOverOptions, takeOverLedger } from './take-over-ledger.ts';
