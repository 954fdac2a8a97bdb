import { join } from 'node:path';
import { z } from 'zod';
import type { Files, ProcessIdentity } from '../../../system/index.ts';
import type { FrontendChange, ListeningFrontend } from '../switch.ts';
import type { CountersSnapshot } from './counters.ts';
import { unreadableState } from './errors.ts';
import { countersSchema, frontendSchema, targetsSchema } from './wire.ts';

export const processSchema = z.strictObject({
  pid: z.int(),
  startTicks: z.string(),
  boot: z.string(),
  namespace: z.string(),
});

const frontendStateSchema = z.strictObject({
  ...frontendSchema.shape,
  targets: targetsSchema,
  isHeld: z.boolean(),
  counters: countersSchema,
});

const predecessorSchema = z.strictObject({
  process: processSchema,
  counters: z.record(z.string(), countersSchema),
});

const stateSchema = z.strictObject({
  version: z.literal(1),
  epoch: z.int().nonnegative(),
  frontends: z.array(frontendStateSchema),
  predecessors: z.array(predecessorSchema),
});

export interface FrontendState extends ListeningFrontend, FrontendChange {
  readonly counters: CountersSnapshot;
}

/** A process that was the switch before and still serves connections. */
export interface PredecessorState {
  readonly process: ProcessIdentity;
  /** What it has counted since its hand-over, by service. */
  readonly counters: { readonly [service: string]: CountersSnapshot };
}

export interface SwitchState {
  readonly version: 1;
  /** The highest epoch obeyed. */
  readonly epoch: number;
  readonly frontends: readonly FrontendState[];
  readonly predecessors: readonly PredecessorState[];
}

/** Where the switch remembers what it was told, so that it comes back as it was. */
export interface StateFile {
  load(): Promise<SwitchState>;
  write(state: SwitchState): Promise<void>;
}

export function createStateFile(files: Files, directory: string): StateFile {
  const path = join(directory, 'state.json');
  return {
    async load() {
      const text = await files.readTextIfPresent(path);
      if (text === undefined) return { version: 1, epoch: 0, frontends: [], predecessors: [] };
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        throw unreadableState(path, 'it is no JSON');
      }
      const parsed = stateSchema.safeParse(value);
      if (!parsed.success) throw unreadableState(path, parsed.error.issues[0]?.message ?? 'it has another shape');
      return parsed.data;
    },
    write: (state) => files.writeAtomic(path, `${JSON.stringify(state)}\n`),
  };
}
