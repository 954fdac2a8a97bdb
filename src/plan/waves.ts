import type { Service } from '../model/index.ts';

/** The hosts of a service in the order in which they are rolled: the canary alone, then so many at once. Empty for one without hosts. */
export function buildWaves({ runtime }: Pick<Service, 'runtime'>): readonly (readonly string[])[] {
  if (runtime.kind !== 'ssh') return [];
  const { hosts, atOnce, canary } = runtime;
  const size = 'hosts' in atOnce ? atOnce.hosts : Math.max(1, Math.floor(atOnce.share * hosts.length));
  const waves: (readonly string[])[] = canary ? [hosts.slice(0, 1)] : [];
  for (let next = waves.length; next < hosts.length; next += size) waves.push(hosts.slice(next, next + size));
  return waves;
}
