import type { InvariantKind, Violation } from './invariant.ts';

const NOT_RUN = 'Onward does not run migrations of this layout, so its runs cannot be tried';

export const migrationRuns: InvariantKind = {
  name: 'migration-runs',
  help: 'Look for statements that depend on when or how often they run.',
  async check({ runs }, { secondRun, twoRunners, sameSchema }) {
    const violations: Violation[] = [];
    if (secondRun !== false) {
      violations.push(
        ...toViolations(await runs.second(), { key: 'secondRun', what: 'a second run', isAsked: secondRun }),
      );
    }
    if (twoRunners !== false) {
      violations.push(
        ...toViolations(await runs.together(), { key: 'twoRunners', what: 'two runners', isAsked: twoRunners }),
      );
    }
    if (sameSchema !== undefined) {
      const what = `compared with a fresh install from ${sameSchema}`;
      violations.push(
        ...toViolations(await runs.differenceFrom(sameSchema), { key: 'sameSchema', what, isAsked: true }),
      );
    }
    return violations;
  },
};

function toViolations(
  found: readonly string[] | undefined,
  said: { readonly key: string; readonly what: string; readonly isAsked: boolean | undefined },
): readonly Violation[] {
  const { key, what, isAsked } = said;
  if (found === undefined) return isAsked ? [{ at: [key], isUnknown: true, message: NOT_RUN }] : [];
  return found.map((difference) => ({ at: [key], message: `${what}: ${difference}` }));
}
