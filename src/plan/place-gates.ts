import { type Facts, formatBytes, type Gate, type PlaceFact } from '../model/index.ts';
import { gate } from './gates.ts';

/** Room that must stay free beside what is staged: logs, and whatever else is on the disk. */
const DISK_MARGIN_BYTES = 64 * 1024 * 1024;

/** Where instances run beside this machine: everything there can be reached, has room, and nothing else stands in the way. */
export function buildPlaceGates({ runtimes }: Facts): readonly Gate[] {
  if (!runtimes) return [];
  const errors = runtimes.findings.filter(({ severity }) => severity === 'error');
  const evidence = errors.map(({ message }) => message.replace(/\.$/, '')).join('; ');
  const command = errors.map(({ hint }) => /"([^"]+)"/.exec(hint ?? '')?.[1]).find((found) => found !== undefined);
  return [
    ...runtimes.places.flatMap(placeGates),
    gate(
      'runtimes',
      'Where services run is ready for them',
      errors.length === 0 ? 'open' : 'closed',
      errors.length === 0 ? 'nothing stands in the way' : evidence,
      command ?? 'onward doctor',
    ),
  ];
}

function placeGates({ runtime, place, isReachable, evidence, disk }: PlaceFact): readonly Gate[] {
  const command = runtime === 'ssh' ? `ssh ${place}` : 'onward doctor';
  const reachable = gate(
    `place:${place}`,
    `${place} can be reached`,
    isReachable ? 'open' : 'closed',
    evidence,
    command,
  );
  if (!isReachable || !disk) return [reachable];
  const needed = disk.neededBytes === 0 ? 0 : disk.neededBytes + DISK_MARGIN_BYTES;
  const room = `${formatBytes(disk.freeBytes)} are free, ${formatBytes(needed)} are needed`;
  const state = disk.freeBytes >= needed ? 'open' : 'closed';
  return [reachable, gate(`disk:${place}`, `There is room on the disk of ${place}`, state, room, command)];
}
