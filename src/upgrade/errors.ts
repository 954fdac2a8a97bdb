import { ExitCode, type Finding, formatCount, isPassable, OnwardError, type Plan } from '../model/index.ts';

export function journalCorrupt(path: string, line: number): OnwardError {
  return new OnwardError({
    code: 'upgrade.journal-corrupt',
    message: `Could not trust the journal ${path}: line ${line} is not the record that was written there. What serves goes on serving.`,
    hint: 'Run "onward doctor" to compare what runs with the releases; the journal is kept as it is.',
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
  });
}

export function journalUnwritable(path: string, cause: NodeJS.ErrnoException): OnwardError {
  const why = cause.code === 'ENOSPC' ? 'the disk is full' : (cause.code ?? cause.message);
  return new OnwardError({
    code: 'upgrade.journal-unwritable',
    message: `Could not write the journal ${path}: ${why}. Nothing was begun after the last record; what serves goes on serving.`,
    hint: 'Make room, then run "onward upgrade" again: it goes on where the journal ends.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
    cause,
  });
}

export function leaseHeld(run: string, seconds: number): OnwardError {
  return new OnwardError({
    code: 'upgrade.lease-held',
    message: `Could not take the lease: run ${run} holds it for another ${seconds} s at least. Nothing has changed.`,
    hint: 'Run "onward status" to see what that run does.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function leaseLost(epoch: number): OnwardError {
  return new OnwardError({
    code: 'upgrade.lease-lost',
    message: `Could not go on: the lease of epoch ${epoch} was lost to another operator, so this run does nothing more.`,
    hint: 'Run "onward status" to see what the other operator does.',
    state: 'resumable',
    exit: ExitCode.leaseLost,
  });
}

export function leaseUnconfirmed(database: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.lease-unconfirmed',
    message: `Could not confirm the lease: the control database ${database} does not answer, so nothing new is begun. What serves goes on serving.`,
    hint: 'Run "onward upgrade" again once the database answers: it goes on where this run stopped.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function gatesClosed(plan: Plan): OnwardError {
  const shut = plan.gates.filter((gate) => !isPassable(gate));
  return new OnwardError({
    code: 'upgrade.gate-closed',
    message: `Could not start: ${shut.length === 1 ? 'a gate is' : `${shut.length} gates are`} not open. Nothing has changed.`,
    hint: `Run "${plan.nextCommand}".`,
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: shut
      .map((gate) => `${gate.state === 'closed' ? 'closed ' : 'unknown'}  ${gate.title}: ${gate.evidence}`)
      .join('\n'),
  });
}

export function otherRunUnfinished(
  run: { readonly run: string; readonly from: string; readonly to: string },
  wanted: string,
): OnwardError {
  return new OnwardError({
    code: 'upgrade.other-run-unfinished',
    message: `Could not start an upgrade to ${wanted}: run ${run.run} from ${run.from} to ${run.to} has not ended. Nothing has changed.`,
    hint: 'Run "onward upgrade" to go on with it, or "onward rollback" to go back.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function runElsewhere(run: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.run-elsewhere',
    message: `Could not go on: the control database knows run ${run}, which has not ended, and this state directory has no current journal of it.`,
    hint: 'Run "onward upgrade" where that run was started, or bring its .onward folder here.',
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
  });
}

export function planVoid(file: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.plan-void',
    message: `Could not apply the plan ${file}: the world has moved since it was made. Nothing has changed.`,
    hint: `Run "onward plan --out ${file}" and look at it again.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function nothingInstalled(doing = 'upgrade'): OnwardError {
  return new OnwardError({
    code: 'upgrade.nothing-installed',
    message: `Could not ${doing}: no release is recorded as installed. Nothing has changed.`,
    hint: 'Run "onward provision" to install the first release, or "onward adopt release <version>" to put on record what runs already.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function alreadyInstalled(release: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.already-installed',
    message: `Could not provision: release ${release} is installed already. Nothing has changed.`,
    hint: 'Run "onward upgrade" to go to a newer release.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function nothingToRollBack(): OnwardError {
  return new OnwardError({
    code: 'upgrade.nothing-to-roll-back',
    message:
      'Could not roll back: no run is unfinished. A completed release is left only forward, or by restoring a backup.',
    hint: 'Run "onward history" to see the runs.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function unknownService(name: string, known: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'upgrade.unknown-service',
    message: `Could not upgrade ${name}: onward.yaml has no such service (it has ${known.join(', ')}). Nothing has changed.`,
    hint: 'Name one of these services, or none to upgrade all of them.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function checksFailed(problems: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'upgrade.checks-failed',
    message: `Could not verify the release: ${problems.length === 1 ? 'a check' : `${problems.length} checks`} failed.`,
    hint: 'Run "onward verify" to run the checks again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
    detail: problems.join('\n'),
  });
}

export function checksFailBefore(problems: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'upgrade.check-fails-before',
    message: `Could not start: ${problems.length === 1 ? 'a check fails' : `${problems.length} checks fail`} already, so what the upgrade does to it could not be told. Nothing has changed.`,
    hint: 'Run "onward verify" until it passes, or correct checks in onward.yaml.',
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: problems.join('\n'),
  });
}

export function rollBackFailed(services: readonly string[], cause: unknown): OnwardError {
  return new OnwardError({
    code: 'upgrade.roll-back-failed',
    message: `Could not bring ${services.join(', ')} back to the old release: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Run "onward doctor" to see what serves now, then "onward rollback" to try again.',
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
    cause,
  });
}

export function noPath(from: string, to: string, reasons: readonly Finding[]): OnwardError {
  return new OnwardError({
    code: 'upgrade.no-path',
    message: `Could not find a path from ${from} to ${to}. Nothing has changed.`,
    hint: reasons.find((reason) => reason.hint)?.hint ?? 'Run "onward release list" to see the releases.',
    state: 'unchanged',
    exit: ExitCode.findings,
    findings: reasons,
    detail: reasons.map((reason) => reason.message).join('\n'),
  });
}

export function worldMoved(plan?: Plan): OnwardError {
  const shut = plan?.gates.filter((gate) => !isPassable(gate)) ?? [];
  return new OnwardError({
    code: 'upgrade.world-moved',
    message:
      'Could not start: the deployment has changed since the plan was made, so this is not what was agreed to. Nothing has changed.',
    hint: 'Run "onward status" to see what is so now, then the same command again.',
    state: 'unchanged',
    exit: ExitCode.findings,
    ...(shut.length === 0
      ? {}
      : { detail: shut.map((gate) => `${gate.state.padEnd(7)} ${gate.title}: ${gate.evidence}`).join('\n') }),
  });
}

export function releaseChanged(version: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.release-changed',
    message: `Could not go on: release ${version} in the source is not the one that the run began with; its identity differs. What serves goes on serving.`,
    hint: 'Restore the release in the source; or run "onward rollback" to go back.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function unknownDatabase(name: string, known: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'upgrade.unknown-database',
    message: `Could not migrate ${name}: onward.yaml has no such database (it has ${known.join(', ')}). Nothing has changed.`,
    hint: 'Name one of these databases, or none to migrate all of them.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

/** `says` is the server's own sentence. */
export function missingRight(
  who: { readonly user: string; readonly database: string },
  says: string,
  state: 'unchanged' | 'resumable',
): OnwardError {
  const role = `"${who.user.replaceAll('"', '""')}"`;
  return new OnwardError({
    code: 'upgrade.missing-right',
    message: `Could not use the tables of Onward in database ${who.database}: role ${role} lacks a right (${says}).`,
    hint: `Run as the owner of the database: GRANT USAGE, CREATE ON SCHEMA onward TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA onward TO ${role};`,
    state,
    exit: state === 'unchanged' ? ExitCode.findings : ExitCode.needsOperator,
  });
}

export function notOneHop(wanted: string, next: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.not-one-hop',
    message: `Could not expand to ${wanted}: the path passes through ${next} first, and what runs need not tolerate what comes after it. Nothing has changed.`,
    hint: `Run "onward migrate --to ${next}", or "onward upgrade" to go all the way.`,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function pastReturn(version: string): OnwardError {
  return new OnwardError({
    code: 'upgrade.past-return',
    message: `Could not go back: postdeploy of ${version} has begun, and the release says that old artifacts do not work after it. What serves goes on serving.`,
    hint: 'Run "onward upgrade" to go on, once the reason that it stopped is gone.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

/** How far a data migration got that postdeploy, or the operator, waits for. */
type IncompleteData =
  | { readonly kind: 'pending' | 'paused' | 'cancelled' }
  | { readonly kind: 'failed'; readonly remaining: number };

export function dataIncomplete(id: string, reached: IncompleteData): OnwardError {
  const isStopped = reached.kind === 'paused' || reached.kind === 'cancelled';
  const what =
    reached.kind === 'failed'
      ? `its verification still counts ${formatCount(reached.remaining, 'row')} in the old shape`
      : reached.kind === 'pending'
        ? 'it is not complete and verified'
        : `it is ${reached.kind}`;
  return new OnwardError({
    code: 'upgrade.data-incomplete',
    message: `Could not complete data migration ${id}: ${what}. Every batch before is kept, and what serves goes on serving.`,
    hint: isStopped
      ? `Run "onward data-migrate resume ${id}", then the same command again.`
      : reached.kind === 'pending'
        ? `Run "onward data-migrate run ${id}" first.`
        : 'Find out who still writes the old shape, then run the same command again: it begins with the first key.',
    state: 'resumable',
    exit: isStopped ? ExitCode.paused : ExitCode.findings,
  });
}

export function unknownDataMigration(id: string, known: readonly string[]): OnwardError {
  const names = known.length === 0 ? 'no release up to the one that runs declares any' : `there is ${known.join(', ')}`;
  return new OnwardError({
    code: 'upgrade.unknown-data-migration',
    message: `Could not find data migration ${id}: ${names}. Nothing has changed.`,
    hint: 'Run "onward data-migrate list" to see them.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
