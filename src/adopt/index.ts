/**
 * Takes over what exists: looks at a Compose project or at hosts without changing anything, decides what it means, and proposes the files
 * that describe it. It starts no release and moves no schema.
 */

export { observeProject, type ProjectRequest } from './compose/observe-project.ts';
export type { ObservedProject } from './compose/project.ts';
export { checkProposal, PRODUCT_FILE, type ProposedFiles, writeProposal } from './propose/check-proposal.ts';
export { listNextCommands, type NextCommand, renderNextCommands } from './propose/next-commands.ts';
export { type Proposal, proposeForProject } from './propose/propose.ts';
