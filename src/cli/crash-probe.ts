import type { System } from '../system/index.ts';
import type { JournalProbe } from '../upgrade/index.ts';

/**
 * The failpoint of the crash tests: `ONWARD_CRASH=before:17` or `after:17` makes the process kill itself with SIGKILL right before or
 * right after the 17th record of a journal is durable. It can only end the process, as anything else could at any moment.
 */
export function crashProbe(environment: System['environment']): JournalProbe | undefined {
  const match = /^(before|after):(\d+)$/.exec(environment.ONWARD_CRASH ?? '');
  if (!match) return undefined;
  const [, when, seq] = match;
  return (moment, record) => {
    if (moment === when && record === Number(seq)) process.kill(process.pid, 'SIGKILL');
  };
}
