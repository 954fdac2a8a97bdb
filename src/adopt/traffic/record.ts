import { dirname } from 'node:path';
import { z } from 'zod';
import type { System } from '../../system/index.ts';
import { nothingToUndo } from './errors.ts';

/** What was before the step, so that it can be taken back exactly. Holds the text of an env file: 0600. */
const recordSchema = z.strictObject({
  version: z.literal(1),
  envFile: z.string(),
  /** `null`: there was none. */
  before: z.string().nullable(),
  after: z.string(),
  /** Paths that the step has made. */
  made: z.array(z.string()),
  folder: z.string(),
  /** What services published before, by their names in onward.yaml: their own files do not say it any more. */
  ports: z.record(
    z.string(),
    z.strictObject({
      host: z.strictObject({ ip: z.string().exactOptional(), port: z.int() }).exactOptional(),
      otherPorts: z.array(z.string()),
    }),
  ),
  /** False: it was cut off on its way. */
  isDone: z.boolean(),
});

export type TrafficRecord = z.infer<typeof recordSchema>;

export async function loadRecord(system: System, path: string): Promise<TrafficRecord | undefined> {
  const text = await system.files.readTextIfPresent(path);
  return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
}

/** Throws `adopt.nothing-to-undo`. */
export async function requireRecord(system: System, path: string): Promise<TrafficRecord> {
  const record = await loadRecord(system, path);
  if (!record) throw nothingToUndo();
  return record;
}

export async function writeRecord(system: System, path: string, record: TrafficRecord): Promise<void> {
  await system.files.makeFolder(dirname(path), 0o700);
  await system.files.writeAtomic(path, `${JSON.stringify(record)}\n`);
}
