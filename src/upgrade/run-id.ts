import type { System } from '../system/index.ts';

/** Sorts by time and can be read: `20261120-231245-3fa2c1`. */
export function createRunId(system: System): string {
  const [date = '', time = ''] = system.clock.now().toISOString().split('T');
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${system.random.hex(3)}`;
}

/** The random part, which is enough to tell the runs of one deployment apart in a name. */
export function shortRunId(run: string): string {
  return run.slice(run.lastIndexOf('-') + 1);
}
