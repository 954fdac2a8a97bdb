import type { Json } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { Installation } from '../installation.ts';
import type { RunContext } from '../run-context.ts';
import type { TrafficCount } from '../run-state.ts';

export interface TrafficOfRun {
  readonly carried: number;
  readonly failed: number;
  /** Services of which it is not known: their switch was restarted or cannot be asked. What it counts since then is in the sums. */
  readonly uncounted: readonly string[];
}

/** Requests that the switch has carried and failed, by service. */
export async function observeTraffic(
  system: System,
  installation: Installation,
): Promise<{ readonly [service: string]: TrafficCount }> {
  const traffic: Record<string, TrafficCount> = {};
  for (const service of installation.deployment.services) {
    const found = await installation.switchOf(service.name).observe(service.name);
    if (!found) continue;
    const { carried, failed, since } = found.counters;
    traffic[service.name] = { carried, failed, ...(since === undefined ? {} : { since }) };
  }
  system.log.emit({ type: 'traffic', traffic: traffic as unknown as Json });
  return traffic;
}

/** What was carried and failed between two looks. Pure. */
export function compareTraffic(
  before: { readonly [service: string]: TrafficCount },
  now: { readonly [service: string]: TrafficCount },
): TrafficOfRun {
  let [carried, failed] = [0, 0];
  const uncounted = Object.keys(before).filter(
    (service) => now[service]?.since !== before[service]?.since || !now[service],
  );
  for (const [service, counters] of Object.entries(now)) {
    const earlier = uncounted.includes(service) ? undefined : before[service];
    carried += counters.carried - (earlier?.carried ?? 0);
    failed += counters.failed - (earlier?.failed ?? 0);
  }
  return { carried, failed, uncounted };
}

/** How many requests the switch carried and failed while the run went on; the journal keeps it as evidence. */
export async function recordTraffic(context: RunContext): Promise<void> {
  const { system, installation, journal, before } = context;
  const { carried, failed, uncounted } = compareTraffic(before.traffic, await observeTraffic(system, installation));
  const data = { carried, failed, ...(uncounted.length === 0 ? {} : { uncounted }) };
  await journal.append({ step: 'verify', key: 'traffic', kind: 'observe', data });
  system.log.emit({ type: 'run.traffic', run: journal.run, ...data });
}
