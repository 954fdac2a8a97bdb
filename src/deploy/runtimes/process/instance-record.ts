import * as z from 'zod/mini';
import type { Listen } from '../../../model/index.ts';
import type { ProcessIdentity } from '../../../system/index.ts';
import { processIdentity } from './identity-schema.ts';

/** What is remembered of an instance beside its specification. Written only by the holder of the claim on it. */
export interface InstanceRecord {
  /** Of the claim under which it was written. */
  readonly generation: number;
  readonly desired: 'running' | 'stopped';
  /** The leader of its processes; written before its program may run, erased once none of them is left. */
  readonly child?: ProcessIdentity | undefined;
  /** Its program was let run at least once since the last `start`. */
  readonly hasRun: boolean;
  readonly address?: Listen | undefined;
  readonly restarts: number;
  /** ISO 8601, UTC. */
  readonly startedAt?: string | undefined;
  readonly exit?: { readonly code: number | null; readonly signal: string | null; readonly at: string } | undefined;
}

const VERSION = 'onward/instance-state/v1';

const document = z.strictObject({
  schema: z.literal(VERSION),
  generation: z.int(),
  desired: z.enum(['running', 'stopped']),
  child: z.optional(processIdentity),
  hasRun: z.boolean(),
  address: z.optional(z.strictObject({ host: z.string(), port: z.int() })),
  restarts: z.int(),
  startedAt: z.optional(z.string()),
  exit: z.optional(z.strictObject({ code: z.nullable(z.int()), signal: z.nullable(z.string()), at: z.string() })),
});

/** The text of `state.json`. */
export function encodeRecord(record: InstanceRecord): string {
  return `${JSON.stringify({ schema: VERSION, ...record }, null, 2)}\n`;
}

/** Strict: throws a `SyntaxError` or a `$ZodError` for anything that `encodeRecord` does not write. */
export function decodeRecord(text: string): InstanceRecord {
  const { schema: _schema, ...record } = document.parse(JSON.parse(text));
  return record;
}
