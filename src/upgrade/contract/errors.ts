import type { QuarantineEvidence } from '../../contract/index.ts';
import {
  type ContractPlan,
  closest,
  ExitCode,
  type Finding,
  isPassable,
  OnwardError,
  renderFinding,
} from '../../model/index.ts';

export function contractAhead(upTo: string, current: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.contract-ahead',
    message: `Could not contract up to ${upTo}: release ${current} runs, and it may need what a newer one removes. Nothing has changed.`,
    hint: `Run "onward upgrade --version ${upTo}" first, or leave out --version.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function contractUnknown(upTo: string, known: readonly string[]): OnwardError {
  const meant = closest(upTo, known);
  return new OnwardError({
    code: 'upgrade.contract-unknown',
    message: `Could not contract up to ${upTo}: there is no such release${meant === undefined ? '' : ` (did you mean ${meant}?)`}. Nothing has changed.`,
    hint: 'Run "onward release list" to see the releases.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function contractClosed(plan: ContractPlan): OnwardError {
  const shut = plan.gates.filter((gate) => !isPassable(gate));
  return new OnwardError({
    code: 'upgrade.contract-closed',
    message: `Could not remove the old shape: ${shut.length === 1 ? 'a gate is' : `${shut.length} gates are`} not open. What is pending stays in place.`,
    hint: `Run "${plan.nextCommand}".`,
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: shut
      .map(({ state, title, evidence, command, risk }) => {
        const next = command === undefined ? '' : `\n        ${command}`;
        const word = risk === undefined ? '' : `\n        onward accept ${risk} --reason "…"`;
        return `${state.padEnd(7)} ${title}: ${evidence}${next}${word}`;
      })
      .join('\n'),
  });
}

export function contractUnfinished(run: string, wanted: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.contract-unfinished',
    message: `Could not ${wanted}: contract run ${run} has not ended, and it goes forward only. Nothing has changed.`,
    hint: 'Run "onward contract" to go on with it.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function upgradeUnfinished(run: {
  readonly run: string;
  readonly from: string;
  readonly to: string;
}): OnwardError {
  return new OnwardError({
    code: 'upgrade.other-run-unfinished',
    message: `Could not contract: run ${run.run} from ${run.from} to ${run.to} has not ended. Nothing has changed.`,
    hint: 'Run "onward upgrade" to go on with it, or "onward rollback" to go back.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function backupFailed(database: string, why: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.backup-failed',
    message: `Could not back up ${database}: ${why}. The old shape is in place.`,
    hint: 'Mend the command under backup in onward.yaml, then run "onward contract" again.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

/** The quarantine did not end clean; everything was given back. */
export function quarantineFailed(outcome: string, evidence: readonly QuarantineEvidence[]): OnwardError {
  const findings = evidence.flatMap(describeQuarantine);
  const why: Readonly<Record<string, string>> = {
    refused: 'a client still needs what would be removed',
    unknown: 'nobody could have told whether a client needs what would be removed',
    undone: 'somebody ended the quarantine',
  };
  return new OnwardError({
    code: 'upgrade.quarantine-failed',
    message: `Could not remove the old shape: ${why[outcome] ?? outcome}. Every privilege was given back, and what is pending stays in place.`,
    hint:
      outcome === 'refused'
        ? 'Upgrade or stop these clients, then run "onward contract" again.'
        : 'Mend what is said above, or remove "quarantine" from onward.yaml, then run "onward contract" again.',
    state: 'unchanged',
    exit: ExitCode.findings,
    findings,
    ...(findings.length === 0 ? {} : { detail: findings.map(renderFinding).join('\n') }),
  });
}

function describeQuarantine({ database, refusals, layers, findings }: QuarantineEvidence): readonly Finding[] {
  const refused = refusals.map<Finding>(({ seenAt, seenIn, role, application, statement }) => ({
    code: 'upgrade.quarantine-failed',
    severity: 'error',
    message: `${database} at ${seenAt}: ${application ?? 'a client without a name'}, role ${role ?? 'unknown'}, was refused ${statement ?? 'a statement'} (${seenIn})`,
  }));
  const blind = layers
    .filter(({ canSee }) => !canSee)
    .map<Finding>(({ name, description }) => ({
      code: 'upgrade.quarantine-failed',
      severity: 'warning',
      message: `${database}: the ${name} cannot be seen: ${description}`,
    }));
  const unbound = findings.filter(({ severity }) => severity === 'error');
  return refused.length > 0 ? refused : [...unbound, ...blind];
}
