import { join } from 'node:path';
import type { CommandEnd } from '../../deploy/index.ts';
import { type ProgramStalls, type ProgramWatch, watchProgram } from '../../migrate/index.ts';
import type { MigrationCommand } from '../../model/index.ts';
import { runFolder } from '../journal.ts';
import { emitWaiting, type RunContext } from '../run-context.ts';
import { type KeptOutput, keepOutput } from './keep-output.ts';
import type { ReleaseProgram } from './program.ts';
import { startTimeLimit } from './time-limit.ts';

/** How a command came to its end, whatever is thought of it. */
export interface EndedCommand {
  readonly end: CommandEnd;
  /** It was ended because its time was over. */
  readonly isLate: boolean;
  readonly ms: number;
  readonly output: KeptOutput;
  /** Who waited for it, in each database where that can be seen. */
  readonly stalls: { readonly [database: string]: ProgramStalls };
}

/** Runs it to its end, within its limit, and watches meanwhile who waits for it. */
export async function attendCommand(
  context: RunContext,
  declared: MigrationCommand,
  program: ReleaseProgram,
): Promise<EndedCommand> {
  const { system, installation, journal, lease, signal } = context;
  const { stateDirectory } = installation.deployment;
  const output = await keepOutput(system, {
    folder: join(runFolder(stateDirectory, journal.run), 'commands'),
    name: `${declared.name}-${lease.epoch}`,
    expected: declared.output,
  });
  const watches = await startWatches(context, declared, program);
  const limit = startTimeLimit(system, declared.timeoutMs);
  const wait = () => emitWaiting(context, declared.phase, `migration command ${declared.name}, which is not cut short`);
  signal.addEventListener('abort', wait, { once: true });
  const startedMs = system.clock.monotonicMs();
  const stalls: Record<string, ProgramStalls> = {};
  let hasComplained = false;
  try {
    const end = await program.migrate({
      onOutput: (chunk) => output.take('stdout', chunk),
      onErrors: (chunk) => {
        hasComplained = true;
        output.take('stderr', chunk);
      },
      signal: AbortSignal.any([limit.signal, lease.signal]),
    });
    // A runtime that does not tell as it goes on tells the last of it.
    if (!hasComplained && end.said !== '') output.take('stderr', Buffer.from(end.said));
    const ms = Math.round(system.clock.monotonicMs() - startedMs);
    return { end, isLate: limit.signal.aborted, ms, output, stalls };
  } finally {
    limit.end();
    signal.removeEventListener('abort', wait);
    // What is returned above is filled here.
    for (const [database, watch] of watches) stalls[database] = await watch.stop();
    await output.close();
  }
}

async function startWatches(
  { system, installation }: RunContext,
  { databases }: MigrationCommand,
  { applicationName }: ReleaseProgram,
): Promise<readonly (readonly [string, ProgramWatch])[]> {
  const watches: (readonly [string, ProgramWatch])[] = [];
  for (const database of databases) {
    const target = installation.databases.get(database);
    if (target) watches.push([database, await watchProgram(system, { target, applicationName })]);
  }
  return watches;
}
