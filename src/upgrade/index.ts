/**
 * The heart: prepares a plan from what it observes, carries it out, takes it up again after any interruption, and goes back. It
 * composes the features; it reads no arguments, prints nothing, and never trusts its memory where reality can be looked at.
 */

export {
  type AcceptRequest,
  acceptRisk,
  listAcceptances,
  withdrawAcceptance,
} from './accept/accept-risk.ts';
export { type AdoptedRelease, adoptRelease, planReleaseAdoption } from './adopt/adopt-release.ts';
export type { ReleaseProof } from './adopt/prove-release.ts';
export {
  type DeploymentConfiguration,
  type MigratedConfiguration,
  migrateDeploymentConfiguration,
  observeDeploymentConfiguration,
} from './configuration/deployment-configuration.ts';
export { type ContractRequest, type PreparedContract, prepareContract } from './contract/prepare-contract.ts';
export { type ContractReport, type ContractRunOptions, runContract } from './contract/run-contract.ts';
export {
  type ObservedDataMigration,
  observeDataMigrations,
  requestDataMigration,
  runDeploymentData,
  sampleDeploymentData,
  verifyDeploymentData,
} from './data-migrations.ts';
export { EVENTS_FILE } from './event-log.ts';
export { type FoundRun, listRuns } from './find-run.ts';
export { type Installation, openInstallation, type Programs } from './installation.ts';
export { type JournalProbe, runFolder } from './journal.ts';
export {
  type MigratedDatabase,
  type MigrateRequest,
  migrateDeployment,
  observeDeploymentMigrations,
} from './migrate-deployment.ts';
export { observeDoctorFacts } from './observe-doctor.ts';
export { observeDrift, type SchemaDrift } from './observe-drift.ts';
export { type InstanceStatus, observeStatus, type Status } from './observe-status.ts';
export type { Upcoming } from './observe-upcoming.ts';
export { type Prepared, preparePlan, type UpgradeRequest } from './prepare.ts';
export { type HostProvisionRequest, prepareHostProvision } from './provision-host.ts';
export { type UndoneQuarantine, undoQuarantines } from './quarantines.ts';
export { SAFE_STEPS } from './run-hop.ts';
export { type RunOptions, type RunReport, runRollback, runUpgrade } from './run-upgrade.ts';
export { runVerification, type Verified } from './run-verification.ts';
export { takeDown } from './take-down.ts';
export { withIdleDeployment } from './with-lease.ts';
