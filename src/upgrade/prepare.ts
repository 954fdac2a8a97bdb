import type { Catalog, ConditionFacts, Facts, Plan, RollbackPolicy } from '../model/index.ts';
import { choosePath, type PathResult, type PlanRequest, planUpgrade } from '../plan/index.ts';
import { chooseVersion } from '../release/index.ts';
import type { System } from '../system/index.ts';
import { observeConditions } from './conditions/observe-conditions.ts';
import { alreadyInstalled, noPath, nothingInstalled, releaseChanged, unknownService } from './errors.ts';
import { describeUnfinished, type FoundRun, findUnfinishedRun } from './find-run.ts';
import type { Installation } from './installation.ts';
import { observeCurrent } from './observe-control.ts';
import { observeFacts } from './observe-facts.ts';

export interface UpgradeRequest {
  readonly kind: 'upgrade' | 'provision';
  /** A channel or a version; the deployment's channel when left out. */
  readonly version?: string;
  readonly only?: string;
  readonly rollback: RollbackPolicy;
}

export interface Prepared {
  /** The target that was resolved. */
  readonly version: string;
  readonly facts: Facts;
  readonly plan: Plan;
  readonly request: PlanRequest;
}

/** Resolves the target once, looks at everything, and plans. Changes nothing. */
export async function preparePlan(
  system: System,
  installation: Installation,
  wanted: UpgradeRequest & { readonly run?: string },
): Promise<Prepared> {
  const catalog = await installation.source.catalog();
  const current = await observeCurrent(installation);
  const { version, requested } = chooseVersion(catalog, {
    ...(wanted.version === undefined ? {} : { requested: wanted.version }),
    channel: installation.deployment.releases.channel,
    ...(current ? { current: current.release } : {}),
  });
  assertKnownService(installation, wanted.only);
  if (wanted.kind === 'provision' && current) throw alreadyInstalled(current.release);
  if (wanted.kind === 'upgrade' && !current) throw nothingInstalled();
  const from = current ? { from: current.release } : {};
  const conditions = await observeConditions(system, installation, { catalog, ...from, to: version });
  const { hops, findings } = current
    ? choosePassable(installation, catalog, { from: current.release, to: version, conditions })
    : { hops: [{ from: 'none', to: version }], findings: [] };
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  const facts = await observeFacts(system, installation, {
    catalog,
    path: hops.map((hop) => hop.to),
    conditions,
    ...(wanted.run === undefined ? {} : { run: wanted.run }),
    ...(unfinished ? { unfinished: describeUnfinished(unfinished) } : {}),
  });
  const base: PlanRequest = {
    requested,
    hops,
    remarks: findings,
    rollback: wanted.rollback,
    ...(wanted.only === undefined ? {} : { only: wanted.only }),
    command: describeCommand(wanted),
  };
  const request = current && hops.length === 0 ? addRepair(facts, base, current.release) : base;
  return { version, facts, plan: planUpgrade(facts, request), request };
}

/** The recorded release as its own target: what does not run, runs with an older configuration or program, or is missing in the ledger is mended. */
function addRepair(facts: Facts, request: PlanRequest, release: string): PlanRequest {
  const repair = { ...request, hops: [{ from: release, to: release }] };
  const steps = planUpgrade(facts, repair).hops[0]?.steps ?? [];
  const isAnythingMissing = steps.some((step) => step.roll || (step.migrations?.length ?? 0) > 0);
  return isAnythingMissing || facts.switchProgram?.isOwn === false ? repair : request;
}

/** Plans the hop of a run that is taken up again: its target is frozen, only what is missing is looked up anew. */
export async function prepareResumed(system: System, installation: Installation, resumed: FoundRun): Promise<Prepared> {
  const { run } = resumed;
  const { start, rolled, isConfigured } = resumed.state;
  const catalog = await installation.source.catalog();
  const entry = catalog.releases.find((candidate) => candidate.version === start.to);
  if (entry?.digest !== start.releaseDigest) throw releaseChanged(start.to);
  const hasRolled = rolled.length > 0;
  const from = start.from === 'none' ? {} : { from: start.from };
  // Once services have rolled, nothing is asked about risks any more.
  const conditions = hasRolled
    ? undefined
    : await observeConditions(system, installation, { catalog, ...from, to: start.to });
  const facts = await observeFacts(system, installation, {
    catalog,
    path: [start.to],
    run,
    isConfigured,
    ...(conditions ? { conditions } : {}),
  });
  const request: PlanRequest = {
    requested: start.requested,
    hops: [{ from: start.from, to: start.to }],
    rollback: start.rollback,
    isResumed: true,
    hasRolled,
    command: 'onward upgrade',
  };
  return { version: start.to, facts, plan: planUpgrade(facts, request), request };
}

function choosePassable(
  installation: Installation,
  catalog: Catalog,
  ends: { readonly from: string; readonly to: string; readonly conditions: ConditionFacts },
): Extract<PathResult, { readonly kind: 'path' }> {
  const result = choosePath({ catalog, ...ends, toolVersion: installation.programs.toolVersion });
  if (result.kind === 'none') throw noPath(ends.from, ends.to, result.findings);
  return result;
}

function assertKnownService(installation: Installation, only: string | undefined): void {
  const known = installation.deployment.services.map((service) => service.name);
  if (only !== undefined && !known.includes(only)) throw unknownService(only, known);
}

function describeCommand(wanted: UpgradeRequest): string {
  const words = ['onward', wanted.kind];
  if (wanted.only !== undefined) words.push(wanted.only);
  if (wanted.version !== undefined) words.push('--version', wanted.version);
  if (wanted.rollback !== 'run') words.push('--rollback', wanted.rollback);
  return words.join(' ');
}
