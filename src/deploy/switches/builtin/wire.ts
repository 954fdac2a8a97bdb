import { z } from 'zod';
import { ExitCode, OnwardError } from '../../../model/index.ts';
import { badRequest } from './errors.ts';

const epoch = z.int().nonnegative();
const count = z.number().nonnegative();
const listen = z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) });

export const targetSchema = z.strictObject({
  id: z.string().min(1),
  address: listen,
  name: z.string().exactOptional(),
  weight: z.number().min(1).max(1_000_000),
  state: z.enum(['active', 'standby', 'draining']),
});

export const targetsSchema = z
  .array(targetSchema)
  .max(10_000)
  .refine((targets) => new Set(targets.map(({ id }) => id)).size === targets.length, 'two targets have one id');

export const frontendSchema = z.strictObject({ service: z.string().min(1), mode: z.enum(['http', 'tcp']), listen });
export const changeSchema = z.strictObject({ targets: targetsSchema, isHeld: z.boolean() });

/** What a running switch says of itself; one of an earlier version says less, one of a later version more. */
export const statusSchema = z.object({
  program: z.object({ version: z.string(), digest: z.string() }).optional(),
});

export const openRequest = z.strictObject({ frontend: frontendSchema, epoch });
export const changeRequest = z.strictObject({ change: changeSchema, epoch });
export const closeRequest = z.strictObject({ epoch });
export const handOverRequest = z.strictObject({ program: z.string().startsWith('/') });

export const countersSchema = z.strictObject({
  carried: count,
  serverErrors: count,
  held: count,
  retried: count,
  failures: z.record(z.string(), count),
  latency: z.strictObject({ maxMs: count, buckets: z.array(z.tuple([z.int().nonnegative(), count])) }),
});

export const observationSchema = z.strictObject({
  ...frontendSchema.shape,
  targets: z.array(z.strictObject({ ...targetSchema.shape, inFlight: count })),
  isHeld: z.boolean(),
  waiting: count,
  counters: z.strictObject({
    carried: count,
    failed: count,
    failures: z.record(z.string(), count),
    serverErrors: count,
    held: count,
    retried: count,
    latency: z.strictObject({ p50: count, p99: count, max: count }),
  }),
  epoch,
});

const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  state: z.enum(['unchanged', 'resumable', 'needs-operator']),
  exit: z.enum(ExitCode),
  detail: z.string().optional(),
});

/** Trusts a JSON text, or throws `switch.bad-request` with every problem. */
export function parseMessage<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest('it is no JSON');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badRequest(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

export function encodeError(error: OnwardError): string {
  const { code, message, hint, state, exit, detail } = error;
  return JSON.stringify({ code, message, hint, state, exit, detail });
}

export function decodeError(text: string): OnwardError {
  const { detail, ...rest } = parseMessage(text, errorSchema);
  return new OnwardError({ ...rest, ...(detail === undefined ? {} : { detail }) });
}
