import type { Listen } from '../../../model/index.ts';
import type { SwitchTarget } from '../switch.ts';
import { badTarget } from './errors.ts';

/** A server that refuses every connection, behind which requests queue while a hold is on. No instance's id has a colon. */
export const GATE = 'onward:gate';
const STANDBY = ':standby';
const MOST_WEIGHT = 256;

/**
 * HAProxy cannot make a backup server of an active one while it runs. An instance has two entries, therefore: one under its id, and one
 * that is a backup.
 */
export function standbyEntry(id: string): string {
  return `${id}${STANDBY}`;
}

export function isStandbyEntry(name: string): boolean {
  return name.endsWith(STANDBY);
}

/** The instance that an entry belongs to. */
export function instanceOf(entry: string): string {
  return isStandbyEntry(entry) ? entry.slice(0, -STANDBY.length) : entry;
}

export function renderAddress({ host, port }: Listen): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Refuses what HAProxy could not be told, or could read as something else. */
export function assertTargets(targets: readonly SwitchTarget[]): void {
  for (const { id, address, weight } of targets) {
    if (!/^[A-Za-z0-9_.-]{1,200}$/.test(id)) throw badTarget(id, 'its id has other characters than A-Z a-z 0-9 _ . -');
    if (!/^[A-Za-z0-9_.:-]{1,253}$/.test(address.host))
      throw badTarget(id, 'its host is neither a name nor an address');
    if (!Number.isInteger(address.port) || address.port < 1 || address.port > 65_535)
      throw badTarget(id, 'it has no port');
    if (!Number.isInteger(weight) || weight < 1 || weight > MOST_WEIGHT)
      throw badTarget(id, `its weight ${weight} is not between 1 and ${MOST_WEIGHT}`);
  }
  const ids = targets.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw badTarget(twice, 'it is named twice');
}
