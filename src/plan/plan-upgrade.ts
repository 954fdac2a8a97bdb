import { createHash } from 'node:crypto';
import {
  canonicalJson,
  type DatabaseFact,
  type Digest,
  type Facts,
  type Finding,
  type Hop,
  isPassable,
  type Json,
  type Plan,
  type Release,
} from '../model/index.ts';
import { applyAcceptances } from './acceptances.ts';
import { addedMigrations } from './added-migrations.ts';
import { buildBypassGates, bypassFindings } from './bypass-gates.ts';
import { buildGates } from './gates.ts';
import { commandFindings } from './migration-commands.ts';
import { createPending } from './pending.ts';
import { buildLossGates } from './place-gates.ts';
import type { PlanRequest } from './plan-request.ts';
import { riskGates } from './risk-gates.ts';
import { buildSteps } from './steps.ts';
import { trafficFindings } from './traffic-findings.ts';

/**
 * The ordered steps from the observed facts to the target, with gates. Pure: equal facts and an equal request give an equal plan, with an
 * equal digest.
 */
export function planUpgrade(facts: Facts, request: PlanRequest): Plan {
  const hops = buildHops(facts, request);
  const all = [
    ...buildGates(facts, request),
    ...buildLossGates(facts, request, hops),
    ...buildBypassGates(facts, request, hops),
    ...riskGates(facts, request),
  ];
  const { list = [], now = '' } = facts.acceptances ?? {};
  const gates = applyAcceptances(all, list, now);
  const first = hops[0];
  const target = hops.at(-1);
  const plan: Omit<Plan, 'digest'> = {
    schema: 'onward/plan/v1',
    deployment: facts.deployment.name,
    product: facts.catalog.product,
    from: first?.from ?? facts.current?.release ?? 'none',
    to: target?.to ?? facts.current?.release ?? 'none',
    requested: request.requested,
    rollback: request.rollback,
    ...(request.only === undefined ? {} : { only: [request.only] }),
    hops,
    gates,
    findings: [...buildFindings(facts, request, target?.to), ...bypassFindings(facts, hops)],
    pointOfNoReturn: first ? `${first.to} ${pointOfNoReturn(facts, first)}` : '',
    nextCommand: chooseNextCommand(gates, request),
  };
  return { ...plan, digest: digestOf(plan) };
}

/** The pending migrations of a hop: what its release has, less what the database has and what earlier hops bring. */
function buildHops(facts: Facts, request: PlanRequest): readonly Hop[] {
  const takePending = createPending(facts.databases.flatMap((database) => database.pending ?? []));
  const hops: Hop[] = [];
  let previous = facts.current && facts.releases.get(facts.current.release);
  for (const { from, to, stop } of request.hops) {
    const release = facts.releases.get(to);
    if (!release) throw new Error(`The facts hold no release ${to}`);
    const isFirst = hops.length === 0;
    const { steps, carried } = buildSteps({
      facts,
      request,
      release,
      previous,
      migrations: takePending(addedMigrations(isFirst ? undefined : previous, release)),
      isFirst,
    });
    const { lint } = release;
    const said = { ...(lint ? { lint } : {}), ...(stop ? { stop } : {}) };
    hops.push({ from, to, releaseDigest: digestOfRelease(facts, release), ...said, steps, carried });
    previous = release;
  }
  return hops;
}

function digestOfRelease(facts: Facts, release: Release): Digest {
  const entry = facts.catalog.releases.find((candidate) => candidate.version === release.version);
  if (!entry) throw new Error(`The catalog holds no release ${release.version}`);
  return entry.digest;
}

/** The step of a hop after which old artifacts cannot come back. */
function pointOfNoReturn(facts: Facts, hop: Hop): string {
  const postdeploy = hop.steps.find((step) => step.kind === 'postdeploy');
  const { migrations = [], commands = [] } = postdeploy ?? {};
  const endsEarly = facts.releases.get(hop.to)?.rollback.until === 'roll' && migrations.length + commands.length > 0;
  return endsEarly ? 'postdeploy' : 'commit';
}

function buildFindings(facts: Facts, request: PlanRequest, target: string | undefined): readonly Finding[] {
  const findings: Finding[] = [
    ...facts.remarks,
    ...facts.configuration.flatMap(({ remarks }) => remarks),
    // An error among them closes a gate, which says it.
    ...(request.remarks ?? []),
    ...(facts.runtimes?.findings ?? []).filter(({ severity }) => severity !== 'error'),
    ...facts.databases.flatMap((database) => [...(database.remarks ?? []), ...proofFindings(database)]),
    ...commandFindings(facts, request),
    ...trafficFindings(facts, request),
  ];
  const contract = facts.databases
    .flatMap((database) => database.pending ?? [])
    .filter((file) => file.phase === 'contract');
  if (contract.length > 0) {
    findings.push({
      code: 'plan.contract-pending',
      severity: 'info',
      message: `${contract.length} contract ${contract.length === 1 ? 'migration stays' : 'migrations stay'} pending: an upgrade never removes the old shape. "onward contract" does, once nothing needs it.`,
    });
  }
  if (request.only !== undefined) {
    findings.push({
      code: 'plan.one-service',
      severity: 'info',
      message: `Only ${request.only} rolls; the run then waits until "onward upgrade" takes the other services along, or "onward rollback" goes back.`,
    });
  }
  for (const issue of target === undefined ? [] : (facts.releases.get(target)?.notes.knownIssues ?? [])) {
    findings.push({ code: 'plan.known-issue', severity: 'info', message: `Known issue in ${target}: ${issue}` });
  }
  return findings;
}

/** What trying the expand phase out has shown, or that it was not tried out. */
function proofFindings({ name, proof }: DatabaseFact): readonly Finding[] {
  if (!proof) return [];
  if (proof.state !== 'not-configured') return proof.findings;
  const message = `Whether the statements of ${name} still work after the expand phase was not tried out. ${proof.evidence}`;
  return [{ code: 'plan.no-query-proof', severity: 'info', message }];
}

function chooseNextCommand(gates: Plan['gates'], request: PlanRequest): string {
  const shut = gates.find((gate) => !isPassable(gate));
  if (shut) return shut.command ?? 'onward doctor';
  return request.hops.length === 0 ? 'onward status' : request.command;
}

function digestOf(plan: Omit<Plan, 'digest'>): Digest {
  // How the target was asked for, the next command and the wording of evidence may differ between two looks at the same world.
  const decided = {
    ...plan,
    requested: '',
    nextCommand: '',
    findings: [],
    gates: plan.gates.map((gate) => ({ id: gate.id, state: gate.state, isPassable: isPassable(gate) })),
  };
  return `sha256:${createHash('sha256')
    .update(canonicalJson(decided as unknown as Json))
    .digest('hex')}`;
}
