import { OnwardError } from '../../model/index.ts';
import { asRefusal } from '../../system/index.ts';
import type { RunReport } from '../../upgrade/index.ts';
import { renderReason } from './error.ts';

/** What runs before the first release is installed. */
const NOTHING = 'none';

/** The last screen: what serves now, whether data is safe, and how to go on. `asked`: the release that was named, if one was. */
export function renderReport(report: RunReport, asked?: string): string {
  const reason = report.error === undefined || isSaid(report) ? [] : [renderReason(report.error), ''];
  const end = report.release === NOTHING ? describeFirst(report, asked) : describeEnd(report, asked);
  return [...reason, ...end].join('\n');
}

/** One that has no hint and no details was told in a line when the services began to go back. */
function isSaid({ outcome, error }: RunReport): boolean {
  return outcome === 'rolled-back' && !asRefusal(error);
}

function describeEnd({ outcome, release, error }: RunReport, asked: string | undefined): readonly string[] {
  switch (outcome) {
    case 'committed':
      return [`Serving: ${release}.`];
    case 'nothing-to-do':
      return [`Nothing to do: ${release} is installed${describeAsked(release, asked)}.`];
    case 'declined':
      return [`Nothing was begun. Serving: ${release}.`];
    case 'rolled-back':
      return [
        `Serving: ${release}, every service, as before the run.`,
        'Data is safe: the schema stays expanded, and the old release works on it.',
        '-> Run "onward upgrade" once the release is mended, or choose another with --version.',
      ];
    case 'stopped':
      return [
        `Serving: ${release}; no service was touched.`,
        describeData(error),
        `-> Run "onward upgrade${nameVersion(asked)}" again once the reason is gone.`,
      ];
    case 'unfinished':
      return PARKED;
    case 'needs-operator':
      return LEFT;
  }
}

/** A channel may point to an older release than the one that is installed: no upgrade goes there. */
function describeAsked(release: string, asked = 'the channel'): string {
  if (asked.replace(/^v/, '') === release) return ' and is what was asked for';
  return `, and ${asked} points to no newer release`;
}

/** A first install has nothing to go back to but an empty place. */
function describeFirst({ outcome, error }: RunReport, asked: string | undefined): readonly string[] {
  switch (outcome) {
    case 'rolled-back':
      return [
        'Nothing is installed: every service that was started is stopped again.',
        'Data is safe: what the migrations have made stays, and the next attempt goes on from it.',
        '-> Run "onward provision" once the release is mended, or choose another with --version.',
      ];
    case 'stopped':
      return [
        'Nothing is installed: no service was started.',
        describeData(error),
        `-> Run "onward provision${nameVersion(asked)}" again once the reason is gone.`,
      ];
    case 'unfinished':
      return PARKED;
    case 'needs-operator':
      return LEFT;
    default:
      return ['Nothing was begun. Nothing is installed.'];
  }
}

/** A run that has ended knows no more what was asked for; without it, the next one would go where the channel points. */
function nameVersion(asked: string | undefined): string {
  return asked === undefined ? '' : ` --version ${asked}`;
}

/** What was changed before it stopped. */
function describeData(error: unknown): string {
  if (error instanceof OnwardError && /^upgrade\.migration-command-/.test(error.code))
    return 'Migrations that are in the ledger are whole. What the migration command has changed stays; it can be run again.';
  return 'Data is safe: migrations that are in the ledger are whole, the others were not applied.';
}

const PARKED = [
  'The run is parked; what serves goes on serving.',
  '-> Run "onward upgrade" to go on, or "onward rollback" to go back.',
];

const LEFT = [
  'The services are left as they are, and they go on serving.',
  '-> Run "onward status" to see what serves; "onward upgrade" goes on, "onward rollback" goes back.',
];
