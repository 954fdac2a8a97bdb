import { type LedgerPlan, renderDifference } from '../../adopt/index.ts';
import { formatCount, renderFinding } from '../../model/index.ts';

/** What a takeover would record, and why it is believed, for a person. */
export function renderLedgerPlan(plan: LedgerPlan): string {
  const rows = listRows(plan);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  const head = plan.found
    ? `${plan.database}: the ledger of ${plan.title}, ${plan.source}, has ${formatCount(plan.found.ledger.upTo ? plan.taken.length : plan.found.ledger.entries.length, 'migration')}.`
    : `${plan.database}: no ledger of another tool, and a baseline to compare the schema with.`;
  const warnings = plan.findings.filter(({ severity }) => severity === 'warning');
  const blocks = [
    [head],
    lines,
    warnings.map((finding) => `warning ${finding.code}: ${renderFinding(finding)}`),
    renderProof(plan),
    [renderOutcome(plan)],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function listRows(plan: LedgerPlan): readonly (readonly string[])[] {
  const isProven = plan.proof?.deciding.length === 0;
  const recorded = new Set(plan.recorded);
  const stateOf = (path: string, state: string) => (recorded.has(path) ? 'on record' : state);
  return [
    ...plan.claimed.map(({ path }) => [
      stateOf(path, 'baseline'),
      path,
      'was there from the start',
      isProven ? 'by schema' : '',
    ]),
    ...plan.folded.map(({ label }) => ['in baseline', '', label, isProven ? 'by schema' : '']),
    ...plan.taken.map(({ file, entry, by }) => [
      stateOf(file.path, 'applied'),
      file.path,
      entry.appliedAt === undefined ? '' : entry.appliedAt.replace('T', ' ').replace(/(\.\d+)?\+00:00$/, ' UTC'),
      by === 'checksum' ? 'by checksum' : isProven ? 'by schema' : 'by name',
    ]),
    ...plan.pending.filter(({ path }) => !recorded.has(path)).map(({ path }) => ['pending', path, '', '']),
  ];
}

function renderProof({ proof, taken, title }: LedgerPlan): readonly string[] {
  if (!proof) return [];
  const told = taken.filter(({ entry }) => entry.isOnlyTold).map(({ entry }) => entry.label);
  if (told.length === 0) return describeProof(proof);
  return [`${title} did not run ${told.join(', ')}: it was told that this is applied.`, ...describeProof(proof)];
}

function describeProof(proof: NonNullable<LedgerPlan['proof']>): readonly string[] {
  const { deciding, told, files, serverVersion } = proof;
  const built = `${formatCount(files, 'file')} on an empty Postgres ${Math.floor(serverVersion / 10_000)}`;
  const result = deciding.length === 0 ? 'equals' : 'differs from';
  const lines = [`Proof: what comes of ${built} ${result} the schema that is there.`];
  if (told.length === 0) return lines;
  return [
    ...lines,
    'It differs in what does not decide:',
    renderDifference(told)
      .trimEnd()
      .replace(/^(?=.)/gm, '  '),
  ];
}

function renderOutcome(plan: LedgerPlan): string {
  const errors =
    plan.findings.filter(({ severity }) => severity === 'error').length + (plan.proof?.deciding.length ?? 0);
  if (errors > 0) return 'Nothing can be recorded as it is.';
  const fresh = countFresh(plan);
  const left = plan.pending.filter(({ path }) => !plan.recorded.includes(path)).length;
  if (fresh === 0) return `Everything is on record. ${formatCount(left, 'file')} left for "onward migrate".`;
  return `${formatCount(fresh, 'file')} to record as applied, ${left} left for "onward migrate". No migration is run.`;
}

/** How many files are not on record yet. */
export function countFresh(plan: LedgerPlan): number {
  const recorded = new Set(plan.recorded);
  return [...plan.taken.map(({ file }) => file), ...plan.claimed].filter(({ path }) => !recorded.has(path)).length;
}

export function describeRecorded(plan: LedgerPlan, added: number): string {
  const there = plan.taken.length + plan.claimed.length - added;
  return `${plan.database}: ${formatCount(added, 'file')} recorded as applied, ${there} there already, ${plan.pending.filter(({ path }) => !plan.recorded.includes(path)).length} left.\n`;
}

/** The plan as plain data, small enough to print. */
export function encodeLedgerPlan(plan: LedgerPlan) {
  const { proof } = plan;
  return {
    database: plan.database,
    tool: plan.found?.tool.name ?? null,
    source: plan.found ? plan.source : null,
    applied: plan.taken.map(({ file, entry, by }) => ({
      path: file.path,
      key: entry.key,
      appliedAt: entry.appliedAt ?? null,
      proof: by === 'name' && proof?.deciding.length === 0 ? 'schema' : by,
    })),
    baseline: plan.claimed.map(({ path }) => path),
    inBaseline: plan.folded.map(({ label }) => label),
    recorded: plan.recorded,
    pending: plan.pending.filter(({ path }) => !plan.recorded.includes(path)).map(({ path }) => path),
    findings: plan.findings,
    proof: proof
      ? {
          files: proof.files,
          isEqual: proof.deciding.length === 0,
          difference: renderDifference(proof.deciding),
          told: renderDifference(proof.told),
        }
      : null,
  };
}
