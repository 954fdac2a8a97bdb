import type { ProcessIdentity } from '../../../system/index.ts';
import { ownSocketPath } from './admin-socket.ts';
import type { CountersSnapshot } from './counters.ts';
import { unconfirmed } from './errors.ts';
import { type OverlapOrder, type OverlapReport, overlapReportSchema } from './overlap.ts';
import { isSameProcess } from './ownership.ts';
import type { Place } from './place.ts';
import type { PredecessorState } from './state.ts';
import { parseMessage } from './wire.ts';

const ANSWER_MS = 5_000;
const RETRY_MS = 20;

type CountersByService = { readonly [service: string]: CountersSnapshot };

/** The processes that were the switch before and still serve connections. Each answers on its own socket until it ends. */
export interface Predecessors {
  /** Brings each of them to the order. Throws `switch.unconfirmed` when one does not answer, as `report` does. */
  follow(order: OverlapOrder): Promise<void>;
  /** What they have now. Changes nothing, so that it cannot overtake an order. */
  report(): Promise<readonly OverlapReport[]>;
  /** One of them ends, and says what it has counted. Saying it twice is harmless. */
  bidFarewell(process: ProcessIdentity, report: OverlapReport): void;
  encode(): PredecessorState[];
}

export interface PredecessorsOptions {
  readonly known: readonly PredecessorState[];
  /** One has ended: what it has counted is ours from now on. */
  onEnded(counters: CountersByService): void;
}

interface Predecessor {
  readonly process: ProcessIdentity;
  counters: CountersByService;
}

export function createPredecessors(place: Place, options: PredecessorsOptions): Predecessors {
  const predecessors = new Set<Predecessor>(options.known.map((state) => ({ ...state })));
  const end = (predecessor: Predecessor) => {
    if (predecessors.delete(predecessor)) options.onEnded(predecessor.counters);
  };
  const askAll = async (order?: OverlapOrder): Promise<readonly OverlapReport[]> => {
    const asked = [...predecessors].map(async (predecessor) => {
      const report = await ask(place, predecessor, order);
      if (!report) end(predecessor);
      return report ?? [];
    });
    return (await Promise.all(asked)).flat();
  };
  return {
    async follow(order) {
      await askAll(order);
    },
    report: () => askAll(),
    bidFarewell(process, report) {
      for (const predecessor of predecessors) {
        if (!isSameProcess(predecessor.process, process)) continue;
        predecessor.counters = countersOf(report);
        end(predecessor);
      }
    },
    encode: () => [...predecessors].map(({ process, counters }) => ({ process, counters })),
  };
}

/** `undefined` when the process is no more. */
async function ask(
  place: Place,
  predecessor: Predecessor,
  order: OverlapOrder | undefined,
): Promise<OverlapReport | undefined> {
  const { clock, http, processes, directory } = place;
  const deadlineMs = clock.monotonicMs() + ANSWER_MS;
  for (;;) {
    try {
      const answer = await http.send({
        ...(order === undefined ? { method: 'GET' } : { method: 'PUT', body: JSON.stringify(order) }),
        url: 'http://switch/overlap',
        socketPath: ownSocketPath(directory, predecessor.process.pid),
        timeoutMs: ANSWER_MS,
      });
      const report = parseMessage(answer.body, overlapReportSchema);
      predecessor.counters = countersOf(report);
      return report;
    } catch {
      if (processes.state(predecessor.process) !== 'alive') return undefined;
      if (clock.monotonicMs() > deadlineMs) throw unconfirmed(predecessor.process.pid);
      await clock.sleep(RETRY_MS);
    }
  }
}

function countersOf(report: OverlapReport): CountersByService {
  return Object.fromEntries(Object.entries(report).map(([service, { counters }]) => [service, counters]));
}
