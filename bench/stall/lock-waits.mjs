import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * With these settings the server itself writes down every wait for a lock of more than a millisecond, and how long it was: exact, and
 * blind to whatever else slows a client down.
 */
export const LOGGING = { log_lock_waits: 'on', deadlock_timeout: '1ms', log_line_prefix: '%a ' };

const WAIT = /^app LOG: {2}process \d+ acquired (\w+) on relation \d+ of database \d+ after ([\d.]+) ms/gm;

/** Gives the waits of the application for locks on tables since the last call. @param {string} directory of the server */
export function followLockWaits(directory) {
  const path = join(directory, 'data', 'server.log');
  let offset = 0;
  return {
    async skip() {
      offset = (await stat(path)).size;
    },
    /** @returns {Promise<readonly number[]>} milliseconds */
    async take() {
      const file = await open(path);
      const { size } = await file.stat();
      const { buffer } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
      await file.close();
      offset = size;
      return [...buffer.toString().matchAll(WAIT)].map(([, , ms]) => Number(ms));
    },
  };
}
