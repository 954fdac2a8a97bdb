import { adminSocketPath } from './admin-socket.ts';
import { createCounters, encodeCounters, mergeCounters } from './counters.ts';
import type { OverlapReport } from './overlap.ts';
import { isSameProcess, takeOwnership } from './ownership.ts';
import type { Place } from './place.ts';
import type { SwitchState } from './state.ts';

const LIMIT_MS = 5_000;
const RETRY_MS = 50;

/**
 * Leaves what a process has counted since it stopped to be the switch with the one that is it now, or in the state file when there is
 * none. After the limit the counts since the last report are lost.
 */
export async function settleAccounts(place: Place, report: OverlapReport): Promise<void> {
  const { clock, stateFile, processes } = place;
  const deadlineMs = clock.monotonicMs() + LIMIT_MS;
  while (clock.monotonicMs() < deadlineMs) {
    if (await isTaken(place, report)) return;
    const ownership = await takeOwnership(place);
    if (ownership) {
      const state = await stateFile.load();
      if (state.predecessors.some(({ process }) => isSameProcess(process, processes.self()))) {
        await stateFile.write(addReport(state, report, place));
      }
      await ownership.release();
      return;
    }
    await clock.sleep(RETRY_MS);
  }
}

async function isTaken({ http, directory, processes }: Place, report: OverlapReport): Promise<boolean> {
  try {
    const { status } = await http.send({
      method: 'POST',
      url: 'http://switch/farewell',
      socketPath: adminSocketPath(directory),
      body: JSON.stringify({ process: processes.self(), report }),
      timeoutMs: LIMIT_MS,
    });
    return status === 200;
  } catch {
    return false;
  }
}

function addReport(state: SwitchState, report: OverlapReport, { processes }: Place): SwitchState {
  return {
    ...state,
    frontends: state.frontends.map((frontend) => {
      const counters = createCounters();
      mergeCounters(counters, frontend.counters);
      const more = report[frontend.service];
      if (more) mergeCounters(counters, more.counters);
      return { ...frontend, counters: encodeCounters(counters) };
    }),
    predecessors: state.predecessors.filter(({ process }) => !isSameProcess(process, processes.self())),
  };
}
