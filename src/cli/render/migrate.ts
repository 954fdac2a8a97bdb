import type { MigrationStatus, RunMigrateReport } from '../../migrate/index.ts';
import { formatCount, formatDuration } from '../../model/index.ts';

/** What a run has applied, or would apply, and what it has left alone. */
export function renderMigrateReport(report: RunMigrateReport, isDryRun: boolean): string {
  const lines: string[] = [];
  if (isDryRun) lines.push(...report.planned.map(({ path, phase }) => `would apply  ${phase.padEnd(10)}  ${path}`));
  for (const { path } of report.cosmetic) lines.push(`edited since it was applied, with the same meaning: ${path}`);
  for (const { file, durationMs, stalledSessions, stalledMs } of report.applied) {
    const stalls =
      stalledSessions === 0 ? '' : `  ${formatCount(stalledSessions, 'session')} waited ${Math.round(stalledMs)} ms`;
    lines.push(`applied  ${file.phase.padEnd(10)}  ${file.path}  ${formatDuration(durationMs)}${stalls}`);
  }
  for (const { path, phase } of report.left) lines.push(`left     ${phase.padEnd(10)}  ${path}`);
  const count = isDryRun ? report.planned.length : report.applied.length;
  const what = `${formatCount(count, 'migration')} ${isDryRun ? 'to apply' : 'applied'}`;
  lines.push(`${report.database}: ${what}, ${report.alreadyApplied.length} there already, ${report.left.length} left.`);
  return `${lines.join('\n')}\n`;
}

/** What is applied, pending and edited, for a person. */
export function renderMigrationStatus(status: MigrationStatus): string {
  const lines: string[] = [];
  const unfinished = new Set(status.unfinished.map(({ path }) => path));
  for (const { path, phase } of status.pending) {
    lines.push(`pending  ${phase.padEnd(10)}  ${path}${unfinished.has(path) ? '  (begun, not finished)' : ''}`);
  }
  for (const { path } of status.late) lines.push(`late     ${path}: sorts before one that is applied`);
  for (const { path, kind } of status.drift) {
    lines.push(
      `drift    ${path}: ${kind === 'edited' ? 'says something else than what was applied' : 'was applied, and there is no such file'}`,
    );
  }
  for (const { path } of status.cosmetic) lines.push(`edited   ${path}: says the same as what was applied`);
  for (const { path } of status.ahead) lines.push(`ahead    ${path}: applied by a newer release`);
  const { applied, pending, drift } = status;
  lines.push(
    `${status.database}: ${applied.length} applied, ${pending.length} pending, ${drift.length} edited or missing.`,
  );
  return `${lines.join('\n')}\n`;
}
