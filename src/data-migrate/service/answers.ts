import { z } from 'zod';

/** Longest text of a vendor's that is taken over into the ledger and into messages. */
const MOST_CHARACTERS = 2_000;

const id = z.string().min(1).max(200);
const count = z.int().min(0);
const text = z.string().max(MOST_CHARACTERS);

/** Totals of the data migration since it first began, not of one run. */
const counters = {
  scanned: count.meta({ description: 'Rows looked at.' }),
  changed: count.meta({ description: 'Those of them that were changed.' }),
  failed: count.default(0).meta({ description: 'Batches that were rolled back.' }),
  batches: count.default(0),
};
const recorded = z.boolean().default(false).meta({
  description: 'The program keeps its counters in onward.data_migration itself, so that Onward does not copy them.',
});

export const listAnswer = z
  .strictObject({ dataMigrations: z.array(z.strictObject({ id, description: text.exactOptional() })).max(10_000) })
  .meta({ title: 'list' });

export const statusAnswer = z
  .strictObject({
    id,
    status: z.enum(['pending', 'running', 'paused', 'completed', 'failed', 'cancelled']),
    ...counters,
    recorded,
    error: text.exactOptional().meta({ description: 'Why the last run failed.' }),
  })
  .meta({ title: 'status <id>' });

export const verifyAnswer = z
  .strictObject({ id, remaining: count.meta({ description: 'Rows in the old shape, counted now.' }) })
  .meta({ title: 'verify <id>' });

export const wishAnswer = z
  .strictObject({ id, status: statusAnswer.shape.status })
  .meta({ title: 'pause <id>, resume <id>' });

const progressLine = z
  .strictObject({
    type: z.literal('progress'),
    id,
    ...counters,
    recorded,
    waitingFor: text.exactOptional().meta({ description: 'What the next batch waits for.' }),
  })
  .meta({ title: 'run <id>, any number of lines' });

const resultLine = z
  .strictObject({
    type: z.literal('result'),
    id,
    status: z.enum(['completed', 'paused', 'failed', 'stopped']),
    ...counters,
    recorded,
    error: text.exactOptional().meta({ description: 'Why it failed.' }),
  })
  .meta({ title: 'run <id>, the last line' });

export const runLine = z.discriminatedUnion('type', [progressLine, resultLine]);

export const dryRunAnswer = z
  .strictObject({
    type: z.literal('result'),
    id,
    dryRun: z.literal(true),
    estimatedRows: count.exactOptional().meta({ description: 'Rows in all, when that is known.' }),
    sampledRows: count.meta({ description: 'Rows that were looked at.' }),
    oldRows: count.meta({ description: 'Those of them in the old shape.' }),
  })
  .meta({ title: 'run <id> --dry-run' });

/** Every answer of the protocol; what is published as its schema. */
export const serviceAnswerSchema = z.union([
  listAnswer,
  statusAnswer,
  verifyAnswer,
  wishAnswer,
  progressLine,
  resultLine,
  dryRunAnswer,
]);

export type StatusAnswer = z.output<typeof statusAnswer>;
export type RunLine = z.output<typeof runLine>;
export type ProgressLine = z.output<typeof progressLine>;
export type ResultLine = z.output<typeof resultLine>;
