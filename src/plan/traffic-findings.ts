import type { Facts, Finding } from '../model/index.ts';
import type { PlanRequest } from './plan-request.ts';

/**
 * Instances that somebody else has started, and that the switch sends nothing to, get their requests past it: nobody holds those, or leads them
 * elsewhere, when an upgrade stops the instances.
 */
export function trafficFindings(facts: Facts, { hops }: PlanRequest): readonly Finding[] {
  if (hops.length === 0) return [];
  return facts.frontends.flatMap(({ service, targets = [], use }) => {
    if (use?.problem) return [];
    const passed = facts.instances.filter(
      (one) =>
        one.service === service &&
        one.release === '' &&
        one.state === 'running' &&
        !targets.some(({ id, state }) => id === one.id && state === 'active'),
    );
    if (passed.length === 0) return [];
    const [only] = passed;
    const which = passed.length === 1 ? (only?.place ?? only?.id) : `${passed.length} instances`;
    return [
      {
        code: 'plan.past-switch',
        severity: 'warning',
        message: `${which} of ${service}, not made by Onward, ${passed.length === 1 ? 'gets its' : 'get their'} requests past the switch: they fail once the upgrade stops ${passed.length === 1 ? 'it' : 'them'}.`,
        hint: 'Run "onward adopt traffic", and lead requests to the switch, before you upgrade.',
      },
    ];
  });
}
