import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../system/index.ts';

const ROTATE_BYTES = 10 * 1024 * 1024;

/** What the switch has to say, one line each, in `switch.log`; the last 10 MiB and the 10 MiB before them are kept. */
export interface LogFile {
  write(text: string): void;
}

export function logFilePath(directory: string): string {
  return join(directory, 'switch.log');
}

export function createLogFile(directory: string, clock: Clock): LogFile {
  const path = logFilePath(directory);
  return {
    write(text) {
      try {
        const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
        if (bytes > ROTATE_BYTES) renameSync(path, `${path}.1`);
        appendFileSync(path, `${clock.now().toISOString()} ${process.pid} ${text}\n`, { mode: 0o600 });
      } catch {
        // A full disk must not end the traffic.
      }
    },
  };
}
