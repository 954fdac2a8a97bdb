import { join } from 'node:path';
import type { LogEvent } from '../system/index.ts';
import { EVENTS_FILE, type Installation, observeStatus, runFolder } from '../upgrade/index.ts';
import type { CommandContext } from './command-context.ts';

const POLL_MS = 100;
/** How often the lease is looked at, to notice a run whose process is gone. */
const LOOK_EVERY = 20;

/** Shows another process's run as if it ran here: its events from the beginning, then as they come, until it ends or its process is gone. */
export async function followRun(context: CommandContext, installation: Installation, run: string): Promise<void> {
  const { system } = context;
  const path = join(runFolder(installation.deployment.stateDirectory, run), EVENTS_FILE);
  let seen = 0;
  for (let turn = 0; ; turn += 1) {
    const lines = ((await system.files.readTextIfPresent(path)) ?? '').split('\n').slice(0, -1);
    for (const line of lines.slice(seen)) {
      const event = JSON.parse(line) as LogEvent;
      system.log.emit(event);
      if (event.type === 'run.ended' || event.type === 'run.parked') return;
    }
    seen = lines.length;
    if (turn % LOOK_EVERY === LOOK_EVERY - 1 && !(await observeStatus(system, installation)).run?.isAlive) return;
    if (context.interrupt.aborted) return;
    await system.clock.sleep(POLL_MS);
  }
}
