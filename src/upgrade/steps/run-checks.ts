import { createHash } from 'node:crypto';
import { type CheckObservation, compareChecks } from '../../checks/index.ts';
import type { Installation } from '../installation.ts';
import type { RunContext } from '../run-context.ts';

const PATIENCE_MS = 10_000;
const PAUSE_MS = 500;
/** A longer value is kept as its hash: it is compared, not read. */
const VALUE_LIMIT = 64;

/** Runs every smoke check once. Long values are replaced by their hash, because observations are journaled. */
export async function observeChecks(installation: Installation): Promise<readonly CheckObservation[]> {
  const observed: CheckObservation[] = [];
  for (const check of installation.deployment.checks) {
    const result = await installation.checker.observe(check);
    const isLong = result.value !== undefined && result.value.length > VALUE_LIMIT;
    observed.push(
      isLong
        ? {
            ...result,
            value: createHash('sha256')
              .update(result.value ?? '')
              .digest('hex'),
          }
        : result,
    );
  }
  return observed;
}

/** What fails now, or has changed since the run began although it must not, in words. */
export async function runChecks(context: RunContext): Promise<readonly string[]> {
  return compareWithBefore(context, await observeChecks(context.installation));
}

/**
 * Looks until there is no problem, for a limited time: a server that is restarted or a machine that is busy for a moment is no reason to
 * go back. Returns the problems of the last look.
 */
export async function findLastingProblems(
  context: RunContext,
  look: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { clock } = context.system;
  const until = clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    const problems = await look();
    if (problems.length === 0 || clock.monotonicMs() > until) return problems;
    await clock.sleep(PAUSE_MS, context.signal);
  }
}

function compareWithBefore(context: RunContext, now: readonly CheckObservation[]): readonly string[] {
  const { checks } = context.installation.deployment;
  // A first install has no before: what is there now is where totals begin.
  const isFirst = context.start.from === 'none';
  const before = isFirst ? now : (context.before.checks as unknown as readonly CheckObservation[]);
  return compareChecks(checks, { before, now }).map((finding) => finding.message);
}
