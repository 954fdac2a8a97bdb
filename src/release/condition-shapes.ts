import { z } from 'zod';
import type { Bounds, Condition } from '../model/index.ts';
import { rangeShape, versionShape } from './shapes.ts';

const idShape = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'must be lower-case letters, digits and hyphens' });
const name = z.string().min(1);
const urlShape = z.url({ protocol: /^https?$/ });

const bounds = z
  .strictObject({ above: z.number().nonnegative().exactOptional(), below: z.number().positive().exactOptional() })
  .refine(({ above, below }) => above !== undefined || below !== undefined, {
    error: 'must say "above", "below" or both',
  })
  .refine(isPossible, { error: 'must leave something between "above" and "below"' });

function isPossible({ above, below }: Bounds): boolean {
  return above === undefined || below === undefined || above < below;
}

const fact = z.discriminatedUnion('fact', [
  z.strictObject({ kind: z.literal('fact'), fact: z.literal('server'), database: name, version: rangeShape }),
  z.strictObject({
    kind: z.literal('fact'),
    fact: z.literal('extension'),
    database: name,
    name,
    version: rangeShape.exactOptional(),
  }),
  z
    .strictObject({
      kind: z.literal('fact'),
      fact: z.literal('table'),
      database: name,
      table: name,
      bytes: bounds.exactOptional(),
      rows: bounds.exactOptional(),
    })
    .refine(({ bytes, rows }) => (bytes === undefined) !== (rows === undefined), {
      error: 'must say either "bytes" or "rows"',
    }),
  z.strictObject({
    kind: z.literal('fact'),
    fact: z.literal('runtime'),
    service: name,
    is: z.enum(['process', 'compose', 'kubernetes', 'ssh']),
  }),
  z.strictObject({ kind: z.literal('fact'), fact: z.literal('tool'), version: rangeShape }),
]);

const always = z.strictObject({ kind: z.literal('always') });
const sql = z.strictObject({
  kind: z.literal('sql'),
  database: name,
  query: name.meta({ description: 'One SELECT that gives one row with one column.' }),
  equals: z.string({ error: 'must be text, in quotes' }).meta({ description: 'The value as text, such as "true".' }),
});
const dataMigration = z.strictObject({
  kind: z.literal('dataMigration'),
  id: idShape,
  is: z.literal('incomplete'),
});
const all = z.strictObject({
  kind: z.literal('all'),
  of: z.array(z.discriminatedUnion('kind', [always, sql, fact, dataMigration])).min(1),
});

const condition: z.ZodType<Condition> = z.discriminatedUnion('kind', [always, sql, fact, dataMigration, all]);

/** When a stop or a risk counts: when any of these applies, or cannot be told. */
const whenShape = z
  .array(condition)
  .min(1)
  .meta({ description: 'It counts when any of these applies or cannot be told; always when left out.' });

export const stopShape = z.strictObject({
  id: idShape,
  satisfiedBy: rangeShape,
  prefer: versionShape.exactOptional(),
  reason: z.string().min(1),
  url: urlShape.exactOptional(),
  when: whenShape.exactOptional(),
});

/** Names under which gates of Onward itself offer to be accepted. */
const OWN_RISK = /^(contract-|no-backup$)/;

export const riskShape = z.strictObject({
  id: idShape.refine((id) => !OWN_RISK.test(id), { error: 'must not be a name that Onward itself uses' }),
  message: z.string().min(1).meta({ description: 'What goes wrong, for operators to read.' }),
  url: urlShape.exactOptional(),
  fixedIn: versionShape
    .exactOptional()
    .meta({ description: 'The first release without it; every later release has it too when left out.' }),
  when: whenShape.exactOptional(),
});

const affects = rangeShape.meta({
  description: 'Releases that have it; those above the range have it until it is fixed.',
});

/** A risk in the catalog. */
export const knownRiskShape = z.strictObject({
  ...riskShape.shape,
  affects,
  declaredBy: versionShape.exactOptional(),
});

/** What `onward release risk add` reads. */
export const riskFileSchema = z.strictObject({ ...riskShape.shape, affects });
