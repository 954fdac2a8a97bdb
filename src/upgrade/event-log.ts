import { join } from 'node:path';
import type { LogEvent, System } from '../system/index.ts';
import { runFolder } from './journal.ts';

/** What a run said as it went on, for other terminals to follow. Not a record: the journal is. */
export const EVENTS_FILE = 'events.jsonl';

/** Appends every event from now on to the run's folder, in order; the returned function waits for the last one. */
export function recordEvents(
  system: System,
  options: { readonly stateDirectory: string; readonly run: string },
): () => Promise<void> {
  const path = join(runFolder(options.stateDirectory, options.run), EVENTS_FILE);
  let queue: Promise<void> = Promise.resolve();
  const stop = system.log.subscribe((event: LogEvent) => {
    const line = `${JSON.stringify({ t: system.clock.now().toISOString(), ...event })}\n`;
    // Events are a convenience: a disk that takes no more of them must not stop the run.
    queue = queue.then(() => system.files.append(path, line)).catch(() => {});
  });
  return async () => {
    stop();
    await queue;
  };
}
