import type { DryRun, DualWriteState } from '../../data-migrate/index.ts';
import type { ObservedDataMigration } from '../../upgrade/index.ts';

/** One line each. */
export function renderDataMigrations(found: readonly ObservedDataMigration[]): string {
  if (found.length === 0) return 'No release up to the one that runs declares data migrations.\n';
  const width = Math.max(...found.map(({ declared }) => declared.id.length));
  return found
    .map(
      ({ declared, release, status }) =>
        `${status.status.padEnd(9)}  ${declared.id.padEnd(width)}  ${release}  ${declared.database}  ${declared.kind === 'sql' ? declared.table : `by ${declared.service}`}, before ${declared.before}\n`,
    )
    .join('');
}

/** Everything that is on record of one, for a person. */
export function renderDataMigration({ declared, release, status, dualWrite }: ObservedDataMigration): string {
  const asked = status.wanted === null ? '' : ` (${status.wanted} is asked for)`;
  const lines = [
    `${declared.id}: ${status.status}${asked}`,
    `  of release ${release}, needed before ${declared.before}`,
    `  ${status.scanned} rows scanned, ${status.changed} changed, in ${status.batches} batches; ${status.failed} batches rolled back`,
  ];
  if (dualWrite !== undefined) lines.push(`  trigger for both shapes: ${DUAL_WRITES[dualWrite]}`);
  if (status.remaining !== null)
    lines.push(`  ${status.remaining} rows in the old shape, counted ${status.verifiedAt ?? ''}`);
  if (status.waitingFor !== null) lines.push(`  waiting for ${status.waitingFor}, since ${status.waitingSince ?? ''}`);
  if (status.lastError !== null) lines.push(`  last error: ${status.lastError}`);
  return `${lines.join('\n')}\n`;
}

const DUAL_WRITES: Readonly<Record<DualWriteState, string>> = {
  same: 'in place',
  absent: 'not there',
  other: 'not the one that is declared',
  disabled: 'disabled',
};

export function renderDryRun(id: string, { estimatedRows, sampledRows, oldRows }: DryRun): string {
  const size =
    estimatedRows === undefined ? 'a number of rows that is not known (ANALYZE tells)' : `about ${estimatedRows} rows`;
  return `${id}: ${size}; of the first ${sampledRows}, ${oldRows} are in the old shape. Nothing was changed.\n`;
}
