import { join } from 'node:path';
import { z } from 'zod';
import type { Files, Processes, ProcessIdentity } from '../../../system/index.ts';
import { adminSocketPath, isListening } from './admin-socket.ts';
import { processSchema } from './state.ts';

/**
 * The right to be the switch of a state directory, as the newest of the files `owner.<generation>`. A generation is created at
 * most once and the newest one is never removed, so two starting processes cannot both take over from a dead owner.
 */
export interface Ownership {
  /** Lets the next one in; for an owner that ends and may still have requests to finish. */
  release(): Promise<void>;
}

const ownerSchema = z.strictObject({ process: processSchema, isReleased: z.boolean() });

export interface OwnershipPlace {
  readonly files: Files;
  readonly processes: Processes;
  readonly directory: string;
}

/**
 * Takes the ownership when nobody alive has it. `undefined` when somebody has. `from` is an owner that has agreed to hand over.
 */
export async function takeOwnership(place: OwnershipPlace, from?: ProcessIdentity): Promise<Ownership | undefined> {
  const { files, processes, directory } = place;
  const self = processes.self();
  const newest = await newestGeneration(files, directory);
  if (newest > 0 && (await isTaken(place, newest, from))) return undefined;
  const mine = newest + 1;
  const path = join(directory, `owner.${mine}`);
  const render = (owner: z.infer<typeof ownerSchema>) => `${JSON.stringify(owner)}\n`;
  if (!(await files.createOnce(path, render({ process: self, isReleased: false })))) return undefined;
  // A process that was slow between looking and creating may have created an old generation.
  if ((await newestGeneration(files, directory)) !== mine) return undefined;
  for (const generation of await generations(files, directory)) {
    if (generation < mine) await files.remove(join(directory, `owner.${generation}`));
  }
  return { release: () => files.writeAtomic(path, render({ process: self, isReleased: true })) };
}

async function isTaken(place: OwnershipPlace, generation: number, from?: ProcessIdentity): Promise<boolean> {
  const text = await place.files.readTextIfPresent(join(place.directory, `owner.${generation}`));
  // It was removed by a newer owner since.
  if (text === undefined) return true;
  const { process, isReleased } = ownerSchema.parse(JSON.parse(text));
  if (isReleased || (from !== undefined && isSameProcess(process, from))) return false;
  const state = place.processes.state(process);
  // A process of another container cannot be seen from here, but its socket can.
  return state === 'unknown' ? isListening(adminSocketPath(place.directory)) : state === 'alive';
}

export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks && a.boot === b.boot && a.namespace === b.namespace;
}

async function newestGeneration(files: Files, directory: string): Promise<number> {
  return Math.max(0, ...(await generations(files, directory)));
}

async function generations(files: Files, directory: string): Promise<readonly number[]> {
  const names = await files.names(directory);
  return names.flatMap((name) => {
    const matched = /^owner\.(\d+)$/.exec(name);
    return matched ? [Number(matched[1])] : [];
  });
}
