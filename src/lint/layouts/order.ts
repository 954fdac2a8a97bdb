import { MIGRATION_PHASES, type MigrationPhase } from '../../model/index.ts';

const DIGITS = 24;

/** A number of any length so that comparing texts compares the numbers. */
export function padNumber(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '').padStart(DIGITS, '0');
}

/** Version, phase and number as one text; versions sort by semantic-version precedence. */
export function orderInRelease(version: string, phase: MigrationPhase, sequence: number): string {
  return `${padVersion(version)}/${MIGRATION_PHASES.indexOf(phase)}/${padNumber(String(sequence))}`;
}

function padVersion(version: string): string {
  const [numbers = '', ...rest] = version.split('-');
  const base = numbers.split('.').map(padNumber).join('.');
  // "~" sorts behind "-": a prerelease comes before its release.
  if (rest.length === 0) return `${base}~`;
  const parts = rest.join('-').split('.');
  // The end sorts before "!", and that before anything a part can hold: a shorter one comes first.
  return `${base}-${parts.map((part) => (/^\d+$/.test(part) ? `0${padNumber(part)}` : `1${part}`)).join('!')} `;
}
