/**
 * Nouns that cross modules, as readonly data, with the pure functions that belong to them.
 * It touches no clock, disk, network or environment, and knows no feature.
 */
export { assertNever } from './assert-never.ts';
export { adviseLines, type BypassFact, describeBypasses, isAsked } from './bypass.ts';
export { parseBytes } from './bytes.ts';
export { canonicalJson, type Json } from './canonical-json.ts';
export {
  type Bounds,
  type Condition,
  type ConditionFact,
  type ConditionFacts,
  type FactCondition,
  findConditionFact,
  judgeAll,
  judgeAny,
  type LeafCondition,
  type SqlCondition,
  stopKey,
  type TableSize,
} from './condition.ts';
export {
  type ConfigurationChange,
  type ConfigurationKey,
  describeConfigurationKey,
  isWithinKey,
  parseConfigurationKey,
} from './configuration-change.ts';
export { type DeclaredConfigurationChange, declaredConfigurationChanges } from './configuration-changes.ts';
export type {
  ClientSession,
  ContractDatabaseFact,
  ContractDataFact,
  ContractFacts,
  ContractPlan,
  ContractWindow,
  Observed,
  Removal,
  RemovedObject,
  StatementsFact,
} from './contract.ts';
export type {
  DataMigration,
  DataMigrationScope,
  DualWrite,
  ServiceDataMigration,
  SqlChange,
  SqlDataMigration,
} from './data-migration.ts';
export { type DeclaredDataMigration, declaredDataMigrations } from './data-migrations.ts';
export {
  compareDecimals,
  type Decimal,
  magnitudeOf,
  multiplyDecimals,
  parseDecimal,
  subtractDecimals,
} from './decimal.ts';
export {
  type AdminAddress,
  type BackupHook,
  type Check,
  type ComposeConfig,
  type ConfigurationFile,
  type ContractConfig,
  countInstances,
  type Database,
  type Deployment,
  type HostsConfig,
  type Listen,
  type ReadyProbe,
  type RollClass,
  type RuntimeConfig,
  type RuntimeKind,
  type Secret,
  type Service,
  type SwitchConfig,
} from './deployment.ts';
export { describeCondition } from './describe-condition.ts';
export { type DoomedObject, describeDoomed } from './doomed-object.ts';
export { parseDuration } from './duration.ts';
export { ExitCode, OnwardError, type OnwardErrorOptions, type StateAfterError } from './error.ts';
export type {
  AcceptanceFacts,
  ConfigurationFact,
  DatabaseFact,
  DataMigrationFact,
  Facts,
  FrontendFact,
  InstanceFact,
  LeaseFact,
  PlaceFact,
  ProofFact,
  QuarantineFact,
  RuntimeFacts,
} from './facts.ts';
export { describeFinding, type Finding, type Position, renderFinding } from './finding.ts';
export { formatBytes, formatCount, formatDuration } from './format.ts';
export { type Digest, isDigest, shortDigest } from './identity.ts';
export type { ImageFact } from './image-fact.ts';
export { describeImage, type ImageReference, parseImageReference } from './image-reference.ts';
export {
  type CommandPhase,
  commandsOfPhase,
  describeMigrationCheck,
  describeMigrationCommand,
  describePlannedCommand,
  type MigrationCheck,
  type MigrationCommand,
} from './migration-command.ts';
export { DEFAULT_PACING, type Pacing } from './pacing.ts';
export { compareTotalsAfters, isPhase, MIGRATION_PHASES, type MigrationPhase } from './phase.ts';
export {
  type Acceptance,
  describeAcceptance,
  type Gate,
  type GateState,
  type Hop,
  isPassable,
  type Plan,
  type PlannedMigration,
  type PlannedRoll,
  type PlanStep,
  type RollbackClass,
  type RollbackPolicy,
  type StepKind,
} from './plan.ts';
export { createRangeIndexer, type RangeIndex, type RangeIndexer } from './range-index.ts';
export {
  type Catalog,
  type CatalogEntry,
  type Component,
  contentOf,
  describeLintRecord,
  type FilesComponent,
  type FolderComponent,
  type ImageComponent,
  type LintRecord,
  type MigrationRef,
  type Release,
  type ReleaseDatabase,
  type ReleaseNotes,
  type ReleaseService,
  type Stop,
  type TarballComponent,
  type UpgradeRules,
} from './release.ts';
export { type KnownRisk, listRisksByVersion, listRisksOf, type Risk, versionsBetween } from './risk.ts';
export type { JournalKind, JournalRecord, RunOutcome, RunSummary } from './run.ts';
export { closest } from './suggestion.ts';
export {
  addOpenTime,
  isInWindows,
  nextOpening,
  parseTimeWindow,
  type TimeWindow,
} from './time-window.ts';
export {
  chooseTotalQuery,
  isReadAt,
  mergeTotals,
  TOTAL_MOMENTS,
  type Total,
  type TotalMoment,
  type TotalRule,
} from './total.ts';
export {
  compareVersions,
  highestVersion,
  isAboveRange,
  isBelowRange,
  isRange,
  isVersion,
  newestVersion,
  parseVersion,
  satisfiesRange,
  sortVersions,
  type VersionParts,
} from './version.ts';
