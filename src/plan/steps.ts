import {
  commandsOfPhase,
  compareVersions,
  type DeclaredDataMigration,
  declaredDataMigrations,
  formatCount,
  type Hop,
  type MigrationPhase,
  type MigrationRef,
  type PlannedMigration,
  type PlannedRoll,
  type PlanStep,
} from '../model/index.ts';
import type { HopFacts } from './hop-facts.ts';
import { buildRolls } from './rolls.ts';

/** The steps of one hop in their order, and the components that keep running. */
export function buildSteps(hop: HopFacts): { readonly steps: readonly PlanStep[]; readonly carried: Hop['carried'] } {
  const { release } = hop;
  const { rolls, carried } = buildRolls(hop);
  const postdeploy = migrationStep(hop, 'postdeploy');
  const steps: PlanStep[] = [
    step('resolve', `Freeze release ${release.version} by identity`, 'nothing-to-undo', {
      note: 'Signatures are not configured: the release source is trusted as it is. Identities and checksums are verified.',
    }),
    step('lease', 'Take the lease, so that no other operator changes the deployment', 'nothing-to-undo'),
    step('preflight', 'Look at every gate again', 'nothing-to-undo'),
    step('backup', 'Back up the databases', 'nothing-to-undo', {
      configured: false,
      note: 'Not configured: none is taken. Take one yourself if you need a way back to before the schema change.',
    }),
    stageStep(hop, rolls.length),
    migrationStep(hop, 'expand'),
    step('skew-check', describeSkewCheck(hop), 'stays-expanded'),
    ...rolls.map((roll) =>
      step('roll', describeRoll(roll, release.version), 'artifacts-go-back', { key: `roll:${roll.service}`, roll }),
    ),
    dataStep(hop),
    postdeploy,
    step('verify', 'Check readiness, smoke checks and totals, and count failed requests', postdeploy.rollback),
    step('commit', `Record ${release.version} as completed`, 'forward-only'),
  ];
  return { steps, carried };
}

/** Artifacts, and what the release changes in configuration files; those of releases that the hop jumps over included. */
function stageStep({ facts, release, previous }: HopFacts, artifacts: number): PlanStep {
  const isOwn = (version: string) =>
    compareVersions(version, release.version) <= 0 &&
    (previous === undefined || compareVersions(version, previous.version) > 0);
  const configuration = facts.configuration.flatMap(({ name, edits }) =>
    edits.filter((edit) => isOwn(edit.release)).map(({ what }) => `${name}: ${what}`),
  );
  const fetch = artifacts === 0 ? 'Nothing to fetch' : `Fetch and verify ${formatCount(artifacts, 'artifact')}`;
  if (configuration.length === 0) return step('stage', fetch, 'discard');
  const title = `${fetch}, and make ${formatCount(configuration.length, 'change')} of configuration`;
  return step('stage', title, 'discard', { configuration });
}

function step(
  kind: PlanStep['kind'],
  title: string,
  rollback: PlanStep['rollback'],
  more: Partial<
    Pick<PlanStep, 'key' | 'configured' | 'note' | 'migrations' | 'commands' | 'configuration' | 'roll'>
  > = {},
): PlanStep {
  return { key: kind, kind, title, rollback, configured: true, ...more };
}

function describeSkewCheck({ facts, previous, isFirst }: HopFacts): string {
  if (!previous) return 'Nothing runs yet';
  const check = `heck that ${previous.version} works on the expanded schema`;
  if (!isFirst || facts.switchProgram?.isOwn !== false) return `C${check}`;
  return `Hand the switch over to Onward ${facts.toolVersion}, and c${check}`;
}

/** The data migrations of a hop, those of releases that it jumps over included. */
function listDeclared({ facts, release, previous }: HopFacts): readonly DeclaredDataMigration[] {
  const range = { upTo: release.version, ...(previous ? { after: previous.version } : {}) };
  return declaredDataMigrations(previous ? facts.releases.values() : [release], range);
}

function listDualWrites(hop: HopFacts): readonly string[] {
  const declared = listDeclared(hop).filter(({ declared: { kind, ...rest } }) => kind === 'sql' && 'dualWrite' in rest);
  return [...new Set(declared.map(({ declared: { id } }) => id))];
}

/** Data migrations that postdeploy needs. */
function dataStep(hop: HopFacts): PlanStep {
  const declared = listDeclared(hop);
  const ids = declared.flatMap(({ declared: { id, before } }) => (before === 'postdeploy' ? [id] : []));
  const later = declared.flatMap(({ declared: { id, before } }) => (before === 'postdeploy' ? [] : [id]));
  const title =
    ids.length === 0 ? 'No data migrations' : `Run ${formatCount(ids.length, 'data migration')}: ${ids.join(', ')}`;
  return step('data', title, 'artifacts-go-back', {
    ...(later.length === 0 ? {} : { note: `Left to "onward data-migrate run": ${later.join(', ')}.` }),
  });
}

function migrationStep(hop: HopFacts, phase: Exclude<MigrationPhase, 'contract'>): PlanStep {
  const migrations = hop.migrations.filter((file) =>
    file.phase === phase ? !isOfOlder(hop, file) || phase === 'expand' : phase === 'expand' && isOfOlder(hop, file),
  );
  const commands = commandsOfPhase(hop.release, phase);
  const isEmpty = migrations.length + commands.length === 0;
  const isLimited = phase === 'postdeploy' && hop.release.rollback.until === 'roll' && !isEmpty;
  const rollback = phase === 'expand' ? 'stays-expanded' : isLimited ? 'forward-only' : 'artifacts-go-back';
  const triggers = phase === 'expand' ? listDualWrites(hop) : [];
  const what = [
    ...(migrations.length === 0 ? [] : [`apply ${formatCount(migrations.length, `${phase} migration`)}`]),
    ...(triggers.length === 0
      ? []
      : [
          `install ${formatCount(triggers.length, 'trigger')} that ${triggers.length === 1 ? 'keeps' : 'keep'} rows in both shapes`,
        ]),
    ...(commands.length === 0 ? [] : [`run ${formatCount(commands.length, 'migration command')}`]),
  ].join(', ');
  const title = what === '' ? `No ${phase} migrations` : `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
  return step(phase, title, rollback, {
    migrations: migrations.map(planMigration),
    ...(commands.length === 0 ? {} : { commands }),
    ...(triggers.length === 0 ? {} : { note: `Triggers of the data migrations ${triggers.join(', ')}.` }),
  });
}

/** A first install applies earlier versions as a whole before its own: they are the shape that the release was made for. */
function isOfOlder(hop: HopFacts, file: MigrationRef): boolean {
  return hop.previous === undefined && file.version !== hop.release.version;
}

function planMigration(file: MigrationRef): PlannedMigration {
  const { database, version, phase, sequence, name, path, checksum, transactional } = file;
  return { database, version, phase, sequence, name, path, checksum, transactional };
}

const REASONS: Readonly<Partial<Record<PlannedRoll['reason'], string>>> = {
  'new-config': 'its new configuration',
  'other-number': 'as many as onward.yaml says',
  'not-routed': 'its place in the switch',
};

function describeRoll(roll: PlannedRoll, version: string): string {
  const many = roll.replicas === 1 ? '' : ` (${roll.replicas} instances)`;
  const start = roll.fromRelease === undefined ? 'its first start' : 'its next start';
  const why = roll.reason === 'not-running' ? start : (REASONS[roll.reason] ?? version);
  const waves = roll.waves && roll.waves.length > 1 ? `, in ${roll.waves.length} waves` : '';
  return `Roll ${roll.service}${many} to ${why}, ${roll.class}${waves}`;
}
