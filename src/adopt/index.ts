/**
 * Takes over what exists. Looks at a Compose project or at hosts without changing anything, decides what it means, and proposes the files that
 * describe it. Recognises the ledgers of other migration tools, tells what they mean for the product's files, proves by building them what a
 * ledger does not say, and records it in Onward's own. It runs no migration, and writes nothing to another tool's table.
 */

export { observeProject, type ProjectRequest } from './compose/observe-project.ts';
export type { ObservedProject } from './compose/project.ts';
export {
  type DeploymentLedgerRequest,
  planDeploymentLedger,
  takeOverDeploymentLedger,
} from './deployment-ledger.ts';
export { foreignLayout } from './errors.ts';
export { FOREIGN_LAYOUTS, findForeignLayout, planConversion, writeConversion } from './files/convert-files.ts';
export type { FilesPlan } from './files/plan-files.ts';
export { type HostsRequest, observeHosts } from './hosts/observe-hosts.ts';
export type { ObservedHosts } from './hosts/observed-host.ts';
export { renderDifference } from './judge-equality.ts';
export { LEDGER_TOOLS } from './ledgers/tools.ts';
export { type LedgerPlan, type LedgerRequest, planLedger } from './plan-ledger.ts';
export { checkProposal, type ProposedFiles, writeProposal } from './propose/check-proposal.ts';
export { listNextCommands, type NextCommand, renderNextCommands } from './propose/next-commands.ts';
export { type Proposal, proposeForHosts, proposeForProject } from './propose/propose.ts';
export { assertAdoptable, type TakeOverOptions, takeOverLedger } from './take-over-ledger.ts';
export {
  describeStep,
  isStepDone,
  prepareStep,
  runStep,
  type TrafficStep,
  undoStep,
} from './traffic/step.ts';
