import { formatBytes, formatDuration, type PlaceFact, shortDigest } from '../../model/index.ts';
import type { InstanceStatus, Status, Upcoming } from '../../upgrade/index.ts';

/** Each instance, where it runs, and how it fares: identity, starts after the first, and since when it is up. */
export function renderInstances({ services }: Pick<Status, 'services'>): readonly string[] {
  const instances = services.flatMap((service) => service.instances);
  if (instances.length === 0) return [];
  const rows = instances.map((instance) => [
    instance.id,
    describeState(instance),
    instance.state === 'unknown' ? '' : String(instance.restarts),
    describeTime(instance),
    isNothing(instance.identity) ? '' : shortDigest(instance.identity),
    instance.place ?? (instance.pid === undefined ? '' : `process ${instance.pid}`),
  ]);
  const lines = alignRows([['instance', 'state', 'restarts', 'up since', 'identity', 'place'], ...rows]);
  return lines.flatMap((line, row) => {
    const note = row === 0 ? undefined : instances[row - 1]?.note;
    return [`  ${line}`, ...(note === undefined ? [] : [`    ${note}`])];
  });
}

function describeState({ kind, state, exit }: InstanceStatus): string {
  if (state !== 'stopped' || !exit) return state;
  if (kind === 'one-shot' && exit.code === 0) return 'done';
  return `stopped (${exit.code === null ? exit.signal : `exit ${exit.code}`})`;
}

/** What stands for the identity of an instance that could not be asked. */
function isNothing(identity: string): boolean {
  return /^sha256:0+$/.test(identity);
}

/** To the minute, in UTC; of one that does not run, nothing. */
function describeTime({ state, startedAt }: InstanceStatus): string {
  if (state !== 'running' || startedAt === undefined) return '';
  return `${new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Engines and hosts: whether they answer, what is free there, and how far their clocks are from this one's. */
export function renderPlaces(places: readonly PlaceFact[]): readonly string[] {
  if (places.length === 0) return [];
  const rows = places.map(({ place, isReachable, evidence, disk, memory, clockSkewMs }) =>
    isReachable
      ? [place, describeFree(disk), describeFree(memory), describeClock(clockSkewMs), evidence]
      : [place, '', '', '', `cannot be reached: ${evidence}`],
  );
  return alignRows([['place', 'disk free', 'memory free', 'clock', ''], ...rows]).map((line) => `  ${line}`);
}

function describeFree(room: PlaceFact['disk']): string {
  return room === undefined ? 'unknown' : formatBytes(room.freeBytes);
}

/** Compared with the clock of this machine. */
function describeClock(skewMs: number | undefined): string {
  if (skewMs === undefined) return '';
  const apart = formatDuration(Math.abs(skewMs));
  if (Math.abs(skewMs) < 1_000) return 'as here';
  return skewMs > 0 ? `${apart} ahead` : `${apart} behind`;
}

/** What an upgrade would change now, by identity. */
export function renderUpcoming(upcoming: Upcoming | undefined): readonly string[] {
  if (!upcoming) return [];
  const { release, rolls, carries } = upcoming;
  const changes = rolls.length === 0 ? 'no service has another artifact in it' : `it rolls ${rolls.join(', ')}`;
  const stays = rolls.length === 0 || carries.length === 0 ? '' : ` and carries ${carries.join(', ')}`;
  return [`${release} is there: ${changes}${stays}.`, '-> Run "onward plan" to see all that it does.'];
}

/** Columns two spaces apart, as wide as their longest cell. */
function alignRows(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
