import {
  type CommandPhase,
  commandsOfPhase,
  type JournalRecord,
  type Json,
  type MigrationCommand,
} from '../../model/index.ts';
import type { RunContext } from '../run-context.ts';
import { attendCommand, type EndedCommand } from './attend-command.ts';
import { type CommandFailure, commandFailed, commandNotBelieved, commandTimedOut } from './errors.ts';
import { type ObservedResult, observeResult } from './observe-result.ts';
import { openReleaseProgram } from './program.ts';

/**
 * Runs the product's own commands of a phase, in their order, in the artifact of the release that the run goes to. One whose result is there
 * already is left alone; any other is run, and believed only when it exits with 0, its output is as declared, and its check holds.
 *
 * A command that fails may leave the schema changed in part: throws `upgrade.migration-command-failed`, `-timeout` or `-not-believed`. It is not
 * interrupted when the operator asks to stop; when the lease is lost, it is ended.
 */
export async function runMigrationCommands(context: RunContext, phase: CommandPhase): Promise<void> {
  for (const declared of commandsOfPhase(context.release, phase)) {
    context.signal.throwIfAborted();
    await runMigrationCommand(context, declared);
  }
}

async function runMigrationCommand(context: RunContext, declared: MigrationCommand): Promise<void> {
  const { system, journal, lease } = context;
  const { name, phase, command } = declared;
  const note = { step: phase, key: keyOf(declared) };
  const said = { run: journal.run, step: phase, name };
  const program = await openReleaseProgram(context, declared);
  const before = await observeResult(context, declared, program);
  if (isDone(declared, before, journal.records)) {
    await journal.append({ ...note, kind: 'observe', data: { isDone: true, evidence: before.evidence } });
    system.log.emit({ type: 'command.skipped', ...said, evidence: before.evidence });
    return;
  }
  await journal.append({ ...note, kind: 'intent', data: { command, before: before.evidence } });
  await lease.assertHeld();
  system.log.emit({ type: 'command.started', ...said });
  const ended = await attendCommand(context, declared, program).catch(async (error: unknown) => {
    lease.signal.throwIfAborted();
    await journal.append({ ...note, kind: 'result', data: { ok: false, error: (error as Error).message } });
    throw error;
  });
  // Whoever holds the lease now looks for himself at what there is.
  lease.signal.throwIfAborted();
  const after = await observeResult(context, declared, program);
  const problem = judge(context, declared, { ...ended, after });
  await journal.append({ ...note, kind: 'result', data: describeEnd(ended, { after, problem }) });
  if (problem) throw problem;
  const stalls = Object.values(ended.stalls);
  system.log.emit({
    type: 'command.finished',
    ...said,
    ms: ended.ms,
    sessions: stalls.reduce((sum, { sessions }) => sum + sessions, 0),
    longestMs: Math.round(Math.max(0, ...stalls.map(({ longestMs }) => longestMs))),
  });
}

function keyOf({ name }: MigrationCommand): string {
  return `command:${name}`;
}

/** By what is there; what only an exit code tells, and what runs in every run, by the record of this one too. */
function isDone(declared: MigrationCommand, { holds }: ObservedResult, records: readonly JournalRecord[]): boolean {
  const { phase, runs, check } = declared;
  const hasRun = records.some(
    ({ step, key, kind, data }) => step === phase && key === keyOf(declared) && kind === 'result' && data.ok === true,
  );
  if (check.kind === 'exit-code') return hasRun;
  return holds && (runs === 'if-needed' || hasRun);
}

/** Why it is not believed; `undefined` when it is. */
function judge(
  { release, previous, start }: RunContext,
  declared: MigrationCommand,
  { end, isLate, output, after }: EndedCommand & { readonly after: ObservedResult },
): Error | undefined {
  const serving =
    declared.phase === 'postdeploy'
      ? 'What serves goes on serving.'
      : previous
        ? `The services go on running ${previous.version}.`
        : 'No service was started.';
  const failure: CommandFailure = {
    declared,
    release: release.version,
    serving,
    again: start.from === 'none' ? 'onward provision' : 'onward upgrade',
    holds: after.holds && declared.runs === 'if-needed',
    output: output.path,
    last: output.last(),
  };
  if (isLate) return commandTimedOut(failure);
  if (end.code === null) return commandFailed(failure, `it was ended by ${end.signal}`);
  if (end.code !== 0) return commandFailed(failure, `it exited with ${end.code}`);
  const refused = output.judge();
  if (refused !== undefined) return commandFailed(failure, refused);
  if (declared.check.kind === 'exit-code' || after.holds) return undefined;
  return commandNotBelieved(failure, after.evidence);
}

function describeEnd(
  { end, isLate, ms, output, stalls }: EndedCommand,
  { after, problem }: { readonly after: ObservedResult; readonly problem: Error | undefined },
): { readonly [key: string]: Json } {
  return {
    ok: problem === undefined,
    exit: end.code,
    ...(end.signal === null ? {} : { signal: end.signal }),
    ...(isLate ? { timedOut: true } : {}),
    ms,
    evidence: after.evidence,
    stalls: stalls as unknown as Json,
    output: output.path,
    last: output.last(),
    ...(problem ? { error: problem.message } : {}),
  };
}
