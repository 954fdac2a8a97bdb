import type { Check, Finding } from '../model/index.ts';
import type { CheckObservation } from './checker.ts';

export interface ObservedChecks {
  /** What the checks saw before the change. */
  readonly before: readonly CheckObservation[];
  readonly now: readonly CheckObservation[];
}

const SHOWN_CHARACTERS = 64;

/**
 * What the checks have to say after a change: those that fail now, and those whose value must be as before and is not. What was not
 * observed, now or before, is a finding too.
 */
export function compareChecks(checks: readonly Check[], { before, now }: ObservedChecks): readonly Finding[] {
  return checks.flatMap((check) => {
    const seen = now.find((observation) => observation.name === check.name);
    if (!seen) return [finding('checks.not-observed', `${check.name}: it was not observed`)];
    if (!seen.ok) return [finding('checks.failed', `${check.name}: ${seen.evidence}`)];
    if (!('unchanged' in check) || !check.unchanged) return [];
    return compareValues(check, before.find((observation) => observation.name === check.name)?.value, seen.value);
  });
}

function compareValues(check: Check, earlier: string | undefined, value: string | undefined): readonly Finding[] {
  if (earlier === undefined) {
    return [finding('checks.unknown-before', `${check.name}: it must be as before, and what was before is not known`)];
  }
  if (value === undefined) return [finding('checks.not-observed', `${check.name}: its value was not observed`)];
  if (value === earlier) return [];
  const change =
    check.kind === 'sql' ? `it was ${show(earlier)} and is ${show(value)}` : 'its answer is another one than before';
  return [finding('checks.changed', `${check.name}: ${change}, and it must not change`)];
}

function show(value: string): string {
  return value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
}

function finding(code: string, message: string): Finding {
  return { code, severity: 'error', message };
}
