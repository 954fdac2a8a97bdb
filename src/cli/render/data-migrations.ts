import type { DataMigrationStatus, DryRun, DualWriteState, PartsStatus, Trial } from '../../data-migrate/index.ts';
import { formatCount, formatDuration } from '../../model/index.ts';
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
export function renderDataMigration({ declared, release, status, dualWrite, parts }: ObservedDataMigration): string {
  const asked = status.wanted === null ? '' : ` (${status.wanted} is asked for)`;
  const lines = [
    `${declared.id}: ${status.status}${asked}`,
    `  of release ${release}, needed before ${declared.before}`,
    `  ${formatCount(status.scanned, 'row')} scanned, ${status.changed} changed, in ${formatCount(status.batches, 'batch', 'batches')}; ${formatCount(status.failed, 'batch', 'batches')} rolled back`,
  ];
  lines.push(...describeProgress(status).map((line) => `  ${line}`));
  if (dualWrite !== undefined) lines.push(`  trigger for both shapes: ${DUAL_WRITES[dualWrite]}`);
  if (status.remaining !== null)
    lines.push(`  ${formatCount(status.remaining, 'row')} in the old shape, counted ${status.verifiedAt ?? ''}`);
  if (status.waitingFor !== null) lines.push(`  waiting for ${status.waitingFor}, since ${status.waitingSince ?? ''}`);
  if (status.lastError !== null) lines.push(`  last error: ${status.lastError}`);
  if (parts) lines.push(...describeParts(parts));
  return `${lines.join('\n')}\n`;
}

/** `34.2 % of about 84000000 rows`, and while it runs `12000 rows a second, about 1h 17m left`. */
export function describeProgress({ status, progress = {} }: DataMigrationStatus): readonly string[] {
  const { estimatedRows, share, rowsPerSecond, etaMs } = progress;
  const lines: string[] = [];
  if (share !== undefined && status !== 'completed')
    lines.push(`${(share * 100).toFixed(1)} % of about ${formatCount(estimatedRows ?? 0, 'row')}`);
  if (rowsPerSecond !== undefined) {
    const left = etaMs === undefined ? '' : `, about ${formatDuration(etaMs)} left`;
    lines.push(`${formatCount(rowsPerSecond, 'row')} a second${left}`);
  }
  return lines;
}

function describeParts({ total, completed, list }: PartsStatus): readonly string[] {
  const more = total > list.length ? [`    and ${total - list.length} more`] : [];
  return [
    `  ${completed} of ${formatCount(total, 'part')} completed`,
    ...list.map(
      ({ kind, value, status, scanned, changed }) =>
        `    ${status.padEnd(9)}  ${kind}=${value}  ${formatCount(scanned, 'row')} scanned, ${changed} changed`,
    ),
    ...more,
  ];
}

const DUAL_WRITES: Readonly<Record<DualWriteState, string>> = {
  same: 'in place',
  absent: 'not there',
  other: 'not the one that is declared',
  disabled: 'disabled',
};

export function renderDryRun(id: string, { estimatedRows, sampledRows, oldRows, trial }: DryRun): string {
  const size =
    estimatedRows === undefined
      ? 'a number of rows that is not known (ANALYZE tells)'
      : `about ${formatCount(estimatedRows, 'row')}`;
  const looked = `${id}: ${size}; of the first ${sampledRows}, ${oldRows} are in the old shape. Nothing was changed.\n`;
  return trial ? `${looked}${describeTrial(sampledRows, trial).join('\n')}\n` : looked;
}

function describeTrial(rows: number, trial: Trial): readonly string[] {
  if (trial.kind === 'refused') return [`  Tried out on these ${rows} rows, the server refused it: ${trial.reason}.`];
  const { ms, changed, forecast } = trial;
  const lines = [
    `  Tried out on these ${rows} rows and rolled back: ${changed} changed in ${formatDuration(ms)}. The trial leaves dead rows behind, and`,
    '  sequences that it moved; what triggers do outside of the database is done.',
  ];
  if (!forecast) return lines;
  const end = forecast.endsAt === undefined ? 'in more than a year' : `by ${renderMinute(forecast.endsAt)}`;
  return [
    ...lines,
    `  All of it is likely to take ${formatDuration(forecast.workMs)} of batches: begun now, ${end} under the pacing of onward.yaml.`,
  ];
}

function renderMinute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}
