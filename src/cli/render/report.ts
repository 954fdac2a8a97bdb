import { OnwardError } from '../../model/index.ts';
import type { RunReport } from '../../upgrade/index.ts';
import { renderError } from './error.ts';

/** The last screen: what serves now, whether data is safe, and how to go on. */
export function renderReport(report: RunReport): string {
  const lines = report.error === undefined ? [] : [renderReason(report.error), ''];
  switch (report.outcome) {
    case 'committed':
      lines.push(`Serving: ${report.release}.`);
      break;
    case 'nothing-to-do':
      lines.push(`Nothing to do: ${report.release} is installed and is what the channel points to.`);
      break;
    case 'declined':
      lines.push(`Nothing was begun. Serving: ${report.release}.`);
      break;
    case 'rolled-back':
      lines.push(
        `Serving: ${report.release}, every service, as before the run.`,
        'Data is safe: the schema stays expanded, and the old release works on it.',
        '-> Run "onward upgrade" once the release is mended, or choose another with --version.',
      );
      break;
    case 'stopped':
      lines.push(
        `Serving: ${report.release}; no service was touched.`,
        'Data is safe: migrations that are in the ledger are whole, the others were not applied.',
        '-> Run "onward upgrade" again once the reason is gone.',
      );
      break;
    case 'unfinished':
      lines.push(
        'The run is parked; what serves goes on serving.',
        '-> Run "onward upgrade" to go on, or "onward rollback" to go back.',
      );
      break;
    case 'needs-operator':
      lines.push(
        'The services are left as they are, and they go on serving.',
        '-> Run "onward status" to see what serves; "onward upgrade" goes on, "onward rollback" goes back.',
      );
      break;
  }
  return lines.join('\n');
}

function renderReason(error: unknown): string {
  if (error instanceof OnwardError) {
    const detail =
      error.detail === undefined
        ? ''
        : `\n${error.detail
            .split('\n')
            .map((line) => `  ${line}`)
            .join('\n')}`;
    return `error ${error.code}\n${error.message}${detail}`;
  }
  return error instanceof Error ? error.message : renderError(error).text;
}
