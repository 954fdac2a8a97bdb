import { formatDuration } from '../../model/index.ts';
import type { LogEvent } from '../../system/index.ts';

/** A log, which has no live line, gets a line of each data migration this often. */
const LINE_EVERY_MS = 60_000;

const SHOWN = new Set(['data.started', 'data.waiting', 'data.progress', 'data.finished']);

type Paint = (format: 'yellow' | 'dim', text: string) => string;

interface Underway {
  text: string;
  /** What the last line about it said it waits for; empty while it goes on. */
  waitingFor: string;
  saidAt: number;
}

/** How the data migrations under way are shown: each by itself, since several may run at once. */
export interface DataProgress {
  lineOf(event: LogEvent, nowMs: number, paint: Paint): string | undefined;
  liveParts(): readonly string[];
}

export function createDataProgress(): DataProgress {
  const underway = new Map<string, Underway>();
  const find = (id: string, nowMs: number): Underway => {
    const entry = underway.get(id) ?? { text: id, waitingFor: '', saidAt: nowMs };
    underway.set(id, entry);
    return entry;
  };
  return {
    lineOf(event, nowMs, paint) {
      if (!SHOWN.has(event.type)) return undefined;
      const id = String(event.id);
      const entry = find(id, nowMs);
      switch (event.type) {
        case 'data.waiting': {
          const what = String(event.what);
          // The same cause in other words: how far it is changes with every look.
          const isSame = entry.waitingFor !== '' && sameCause(entry.waitingFor, what);
          entry.waitingFor = what;
          entry.text = `${id}: waiting for ${what}`;
          return isSame ? undefined : paint('yellow', `  ${id}: waiting for ${what}`);
        }
        case 'data.progress': {
          entry.waitingFor = '';
          entry.text = describeRows(event);
          if (nowMs - entry.saidAt < LINE_EVERY_MS) return undefined;
          entry.saidAt = nowMs;
          return paint('dim', `  ${entry.text}`);
        }
        case 'data.finished':
          underway.delete(id);
          return event.outcome === 'completed' ? undefined : paint('yellow', `  ${id}: ${event.outcome}`);
        default:
          return undefined;
      }
    },
    liveParts: () => [...underway.values()].map(({ text }) => text),
  };
}

/** But for the figures in it. */
function sameCause(one: string, other: string): boolean {
  return one.replace(/[\d.]+/g, '#') === other.replace(/[\d.]+/g, '#');
}

/** `split-names: 12,000 rows, 34.2 %, 240,000 a second, 3.1 s left`. */
function describeRows({ id, scanned, share, rowsPerSecond, etaMs }: LogEvent): string {
  const part = share === undefined ? '' : `, ${(Number(share) * 100).toFixed(1)} %`;
  const left = etaMs === undefined ? '' : `, ${formatDuration(Number(etaMs))} left`;
  const count = (rows: unknown) => Number(rows).toLocaleString('en');
  return `${id}: ${count(scanned)} ${scanned === 1 ? 'row' : 'rows'}${part}, ${count(rowsPerSecond)} a second${left}`;
}
