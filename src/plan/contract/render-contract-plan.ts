import {
  type ContractPlan,
  describeAcceptance,
  formatBytes,
  formatCount,
  type Gate,
  isPassable,
  type RemovedObject,
} from '../../model/index.ts';

/** What a contract run removes, how every gate stands, and the exact next command, for a person. The same value as `--json`. */
export function renderContractPlan(plan: ContractPlan): string {
  return `${renderStartingContract(plan)}Next: ${plan.nextCommand}\n`;
}

/** The same for a run that begins with it: what comes next is what it does. */
export function renderStartingContract(plan: ContractPlan): string {
  const lines = [
    `Deployment  ${plan.deployment} (${plan.product})`,
    `Release     ${plan.release}${plan.upTo === plan.release ? '' : `, contract up to ${plan.upTo}`}`,
  ];
  for (const { name, migrations, removes } of plan.databases) {
    lines.push('', `${name}: ${formatCount(migrations.length, 'contract migration')}`);
    for (const { path, transactional } of migrations)
      lines.push(`  ${path}${transactional ? '' : '  (no transaction)'}`);
    for (const object of removes) lines.push(`  ${renderRemoved(object)}`);
  }
  if (plan.databases.length === 0) lines.push('', 'Nothing to do: no contract migration is pending.');
  lines.push('', renderCounts(plan.gates), ...plan.gates.flatMap(renderGate));
  if (plan.databases.length > 0)
    lines.push('', 'What is removed does not come back but from a backup: a contract run goes forward only.');
  return `${lines.join('\n')}\n`;
}

function renderRemoved({ kind, name, change, reason, rows, bytes }: RemovedObject): string {
  const size = [
    ...(rows === undefined ? [] : [`about ${formatCount(rows, 'row')}`]),
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
  ].join(', ');
  return `${change === 'removed' ? 'removes' : 'changes'} ${kind} ${name}${size === '' ? '' : `  (${size})`}${change === 'removed' ? '' : `: ${reason}`}`;
}

function renderCounts(gates: readonly Gate[]): string {
  const count = (state: Gate['state']) => gates.filter((gate) => gate.state === state).length;
  return `Gates  ${count('open')} open, ${count('closed')} closed, ${count('unknown')} unknown`;
}

/** All of them: what is open rests on evidence too. */
function renderGate(gate: Gate): readonly string[] {
  const { state, title, evidence, accepted, command, risk } = gate;
  const lines = [`${state.padEnd(7)} ${title}: ${evidence}`];
  if (accepted) lines.push(`        ${describeAcceptance(accepted)}`);
  if (isPassable(gate)) return lines;
  if (command !== undefined) lines.push(`        ${command}`);
  if (risk !== undefined) lines.push(`        onward accept ${risk} --reason "…"`);
  return lines;
}
