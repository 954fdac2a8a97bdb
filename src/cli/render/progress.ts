import { styleText } from 'node:util';
import { formatCount, formatDuration } from '../../model/index.ts';
import type { LogEvent } from '../../system/index.ts';
import { createDataProgress } from './data-progress.ts';

/** Turns a run's events into lines for a log and one live line for a terminal. Pure but for what it remembers of the steps under way. */
export interface Progress {
  /** The line that an event deserves; `undefined` when it only changes the live line. */
  lineOf(event: LogEvent, nowMs: number): string | undefined;
  /** What goes on now, what is waited for, and for how long; empty when nothing does. */
  liveLine(width: number, nowMs: number): string;
  end(): void;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

const TITLES: Readonly<Record<string, string>> = {
  stage: 'Fetch and verify artifacts',
  roll: 'Roll the services',
  expand: 'Expand the schema',
  'skew-check': 'Check the old release on the expanded schema',
  data: 'Run data migrations',
  postdeploy: 'Apply postdeploy migrations',
  verify: 'Verify the release',
  commit: 'Record the release as completed',
  preflight: 'Look for whoever needs the old shape',
  backup: 'Back up',
  quarantine: 'Take the privileges on what goes, and watch who is refused',
  contract: 'Remove the old shape',
};

interface Underway {
  readonly startedAt: number;
  waitingFor: string;
}

export function createProgress(options: { readonly isColoured: boolean }): Progress {
  const underway = new Map<string, Underway>();
  const data = createDataProgress();
  const paint = (format: 'green' | 'red' | 'yellow' | 'bold' | 'dim', text: string) =>
    options.isColoured ? styleText(format, text) : text;

  const describe = (event: LogEvent, nowMs: number): string | undefined => {
    const step = String(event.step ?? '');
    const tookMs = nowMs - (underway.get(step)?.startedAt ?? nowMs);
    switch (event.type) {
      case 'run.started':
        return paint(
          'bold',
          `${event.isResumed === true ? 'Taking up' : 'Run'} ${event.run}: ${event.kind === 'contract' ? `contract ${event.to}` : `${event.from} -> ${event.to}`}`,
        );
      case 'step.finished':
        return `${paint('green', '✓')} ${titleOf(step)}  ${paint('dim', formatDuration(tookMs))}`;
      case 'step.failed':
        return `${paint('red', '✗')} ${titleOf(step)}: ${event.reason}`;
      case 'roll.serving':
        return `${paint('green', '→')} ${event.service} ${step.startsWith('back:') ? 'is as before the run' : 'serves its new instances'}  ${paint('dim', formatDuration(tookMs))}`;
      case 'migrate.file-finished':
        return `  ${event.database}  ${event.path}  ${paint('dim', formatDuration(Number(event.durationMs)))}`;
      case 'migrate.invalid-index':
        return paint(
          'yellow',
          `  ${event.index} was left invalid by an earlier attempt; it is dropped and built again`,
        );
      case 'data.completed':
        return `  ${event.id}  ${count(event.scanned)} ${event.scanned === 1 ? 'row' : 'rows'} scanned, ${count(event.changed)} changed  ${paint('dim', formatDuration(Number(event.ms)))}`;
      case 'run.going-back':
        return paint('yellow', `Going back to the old release: ${event.reason}`);
      case 'run.traffic':
        return describeTraffic(event);
      case 'run.totals':
        return `  ${describeTotals(event)}`;
      case 'run.parked':
        return paint('yellow', `Parked after ${event.step}; "${event.command ?? 'onward upgrade'}" goes on from here`);
      case 'run.ended':
        return describeEnd(event, paint);
      default:
        return describeCommand(event, paint) ?? describeConfiguration(event);
    }
  };

  return {
    lineOf(event, nowMs) {
      const line = data.lineOf(event, nowMs, paint) ?? describe(event, nowMs);
      const step = String(event.step ?? '');
      if (event.type === 'step.started') underway.set(step, { startedAt: nowMs, waitingFor: '' });
      const entry = underway.get(step);
      const wait = describeWait(event);
      if (wait !== undefined && entry) entry.waitingFor = wait;
      if (event.type === 'step.finished' || event.type === 'step.failed') underway.delete(step);
      if (event.type === 'run.ended' || event.type === 'run.parked') underway.clear();
      return line;
    },
    liveLine(width, nowMs) {
      const parts = [...underway].map(([step, { startedAt, waitingFor }]) => {
        const wait = waitingFor === '' ? '' : `, waiting for ${waitingFor}`;
        return `${titleOf(step)} ${formatDuration(nowMs - startedAt)}${wait}`;
      });
      parts.push(...data.liveParts());
      if (parts.length === 0) return '';
      const frame = SPINNER[Math.floor(nowMs / 100) % SPINNER.length];
      return `${frame} ${parts.join(' | ')}`.slice(0, Math.max(0, width - 1));
    },
    end: () => underway.clear(),
  };
}

/** A switch that lost what it had counted must not look as if it had failed nothing. */
function describeTraffic({ carried, failed, uncounted }: LogEvent): string {
  const line = `  The switch carried ${formatCount(Number(carried), 'request')} since the run began, ${failed} failed`;
  if (!Array.isArray(uncounted)) return line;
  return `${line}; of ${uncounted.join(', ')} only what came after its switch was restarted is known`;
}

/** What happened to a file of the operator's, and where its other text is. */
function describeConfiguration({ type, file, kept }: LogEvent): string | undefined {
  switch (type) {
    case 'configuration.configured':
      return `  ${file} has what the release changes; what it was is kept in ${kept}`;
    case 'configuration.restored':
      return `  ${file} is as before the run; what the release had made of it is kept in ${kept}`;
    case 'configuration.left':
      return `  ${file} was changed by somebody meanwhile and is left as it is; what the run wanted there is kept in ${kept}`;
    default:
      return undefined;
  }
}

/** What an event says the run waits for or works on; `undefined` when it says nothing of that. */
function describeWait(event: LogEvent): string | undefined {
  switch (event.type) {
    case 'waiting':
      return String(event.what);
    case 'migrate.waiting':
      return `a moment without ${Array.isArray(event.blockers) ? event.blockers.join(', ') : 'blockers'}`;
    case 'migrate.retry':
      return `another moment (${event.reason})`;
    case 'migrate.runner-waiting':
      return `another migration run (${event.holder})`;
    case 'migrate.progress':
      return `${event.index ?? 'an index'} (${event.phase}${Number(event.total) > 0 ? `, ${Math.floor((100 * Number(event.done)) / Number(event.total))} %` : ''})`;
    case 'migrate.file-started':
      return String(event.path);
    case 'command.started':
      return `migration command ${event.name}`;
    default:
      return undefined;
  }
}

/** How a command of the product went, and who waited for it, as far as it was seen. */
function describeCommand(event: LogEvent, paint: (format: 'dim', text: string) => string): string | undefined {
  const { type, name, evidence, ms, sessions, longestMs } = event;
  if (type === 'command.skipped') return `  migration command ${name}: nothing to do, ${evidence}`;
  if (type !== 'command.finished') return undefined;
  const stalls =
    Number(sessions) === 0
      ? ''
      : `  ${formatCount(Number(sessions), 'session')} waited for it, up to ${formatDuration(Number(longestMs))}`;
  return `  migration command ${name}  ${paint('dim', formatDuration(Number(ms)))}${stalls}`;
}

/** `7 totals compared after each of 5 phases, all as they must be`. */
function describeTotals({ totals, phases }: LogEvent): string {
  const when = phases === 1 ? '' : ` after each of ${phases} phases`;
  return `${formatCount(Number(totals), 'total')} compared${when}, all as they must be`;
}

function count(rows: unknown): string {
  return Number(rows).toLocaleString('en');
}

/** A step for a person: `roll:api` is "Roll api", `back:api` is "Bring api back". */
export function titleOf(step: string): string {
  const [kind, subject] = step.split(':');
  if (kind === 'roll' && subject !== undefined) return `Roll ${subject}`;
  if (kind === 'back' && subject !== undefined) return `Bring ${subject} back`;
  return TITLES[step] ?? step;
}

function describeEnd(event: LogEvent, paint: (format: 'green' | 'yellow' | 'red', text: string) => string): string {
  switch (event.outcome) {
    case 'committed':
      return paint('green', 'Completed.');
    case 'rolled-back':
      return paint('yellow', 'Rolled back: every service is on the old release again.');
    case 'stopped':
      return paint('yellow', 'Stopped: no service was touched.');
    default:
      return paint('red', `Ended: ${event.outcome}`);
  }
}
