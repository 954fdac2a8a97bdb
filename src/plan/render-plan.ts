import {
  describeAcceptance,
  describeLintRecord,
  describePlannedCommand,
  type Gate,
  type Hop,
  isPassable,
  type Plan,
  type PlanStep,
} from '../model/index.ts';

const ROLLBACK_WORDS: Readonly<Record<PlanStep['rollback'], string>> = {
  'nothing-to-undo': 'nothing to undo',
  discard: 'harmless to keep',
  'stays-expanded': 'safe place: schema stays expanded',
  'artifacts-go-back': 'artifacts go back',
  'forward-only': 'forward only',
};

/** The plan for a person: path, steps with what can be undone at each, gates, and the exact next command. The same value as `--json`. */
export function renderPlan(plan: Plan): string {
  return `${renderStartingPlan(plan)}Next: ${plan.nextCommand}\n`;
}

/** The same for a plan that its command goes on to carry out: what comes next is what it does. */
export function renderStartingPlan(plan: Plan): string {
  const lines = [
    `Deployment  ${plan.deployment} (${plan.product})`,
    `Path        ${[plan.from, ...plan.hops.map((hop) => hop.to)].join(' -> ')}${plan.requested === plan.to ? '' : `  (${plan.requested})`}`,
    `On failure  ${describePolicy(plan)}`,
  ];
  for (const hop of plan.hops) lines.push('', ...renderHop(hop));
  if (plan.hops.length === 0) lines.push('', `Nothing to do: ${plan.to} is installed.`);
  lines.push('', ...renderGates(plan.gates));
  for (const finding of plan.findings)
    lines.push(`${finding.severity === 'info' ? 'note   ' : finding.severity} ${finding.message}`);
  if (plan.pointOfNoReturn !== '')
    lines.push('', `Point of no return: ${describeReturn(plan)}. Up to there old artifacts can come back.`);
  return `${lines.join('\n')}\n`;
}

/** By its number: nothing else in the plan names a step by its key. */
function describeReturn({ hops, pointOfNoReturn }: Plan): string {
  const [to, kind] = pointOfNoReturn.split(' ');
  const hop = hops.find((candidate) => candidate.to === to);
  if (!hop) return pointOfNoReturn;
  return `step ${hop.steps.findIndex((step) => step.kind === kind) + 1} of ${hop.from} -> ${hop.to}`;
}

function describePolicy(plan: Plan): string {
  switch (plan.rollback) {
    case 'run':
      return 'every service of the run goes back, in reverse order';
    case 'service':
      return 'only the service that failed goes back';
    case 'none':
      return 'nothing goes back: what failed stays, to be looked at';
  }
}

function renderHop(hop: Hop): readonly string[] {
  const stop = hop.stop ? `  (stop ${hop.stop.id}: ${hop.stop.reason})` : '';
  const width = Math.max(...hop.steps.map((step) => step.title.length));
  const lines = [`${hop.from} -> ${hop.to}${stop}`];
  for (const [index, step] of hop.steps.entries()) {
    const mark = step.configured ? ' ' : '-';
    lines.push(
      `${mark}${String(index + 1).padStart(3)}  ${step.title.padEnd(width)}  ${ROLLBACK_WORDS[step.rollback]}`,
    );
    if (step.note !== undefined && !step.configured) lines.push(`      ${step.note}`);
    for (const line of describeHosts(step)) lines.push(`      ${line}`);
    for (const change of step.configuration ?? []) lines.push(`      ${change}`);
    for (const file of step.migrations ?? []) {
      lines.push(`      ${file.database}  ${file.path}${file.transactional ? '' : '  (no transaction)'}`);
    }
    for (const command of step.commands ?? []) lines.push(`      ${describePlannedCommand(command)}`);
  }
  if (hop.lint) lines.push(`      lint of ${hop.to}: ${describeLintRecord(hop.lint)}`);
  if (hop.carried.length > 0) {
    const names = hop.carried.map(({ service, producedBy }) => `${service} (${producedBy})`);
    lines.push(`      carried, not restarted: ${names.join(', ')}`);
  }
  return lines;
}

/** Why a service is stopped first, and its hosts, wave by wave. */
function describeHosts({ roll }: PlanStep): readonly string[] {
  const because = roll?.because === undefined ? [] : [`stop-first, because ${roll.because}`];
  const waves = (roll?.waves ?? []).map((hosts, index) => `wave ${index + 1}: ${hosts.join(', ')}`);
  return [...because, ...waves];
}

function renderGates(gates: readonly Gate[]): readonly string[] {
  const count = (state: Gate['state']) => gates.filter((gate) => gate.state === state).length;
  const shut = gates.filter((gate) => !isPassable(gate));
  return [
    `Gates  ${count('open')} open, ${count('closed')} closed, ${count('unknown')} unknown`,
    ...shut.flatMap((gate) => [
      `${gate.state.padEnd(7)} ${gate.title}: ${gate.evidence}`,
      ...(gate.command === undefined ? [] : [`        ${gate.command}`]),
    ]),
    ...gates.flatMap((gate) =>
      gate.accepted ? [`accepted ${gate.title}: ${gate.evidence}`, `        ${describeAcceptance(gate.accepted)}`] : [],
    ),
  ];
}
