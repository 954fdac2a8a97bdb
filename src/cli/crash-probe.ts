import type { System } from '../system/index.ts';
import type { JournalProbe } from '../upgrade/index.ts';

/**
 * The failpoint of the crash tests: `ONWARD_CRASH=before=<regexp>` or `after=<regexp>` makes the process kill itself with SIGKILL right
 * before the first matching record of a journal is written, or right after it is durable. The expression is matched against
 * `<number> <kind> <step> <key>`. It can only end the process, as anything else could at any moment.
 */
export function crashProbe(environment: System['environment']): JournalProbe | undefined {
  const match = /^(before|after)=(.+)$/.exec(environment.ONWARD_CRASH ?? '');
  const [, when, expression] = match ?? [];
  if (expression === undefined) return undefined;
  const pattern = new RegExp(expression);
  return (moment, seq, entry) => {
    if (moment === when && pattern.test(`${seq} ${entry.kind} ${entry.step} ${entry.key}`))
      process.kill(process.pid, 'SIGKILL');
  };
}
