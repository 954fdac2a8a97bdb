import { z } from 'zod';
import { type DataMigration, isVersion, parseDuration } from '../model/index.ts';

/** A column or table: names as they stand in the catalog, so that nothing else can be meant. */
const columnName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]*$/, { error: 'must be the name of a column' });
const tableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/, {
  error: 'must be a table such as customers or billing.customers',
});
const sqlText = z.string().refine((text) => text.trim() !== '', { error: 'must be SQL' });
const columns = z.array(columnName).min(1);
const batchRows = z.int().min(1).max(50_000);
const durationText = z
  .string()
  .refine((text) => (parseDuration(text) ?? 0) >= 1, { error: 'must be a duration, such as 250ms' });
const word = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'must be lower-case letters, digits and hyphens' });

const scope = z
  .strictObject({ kind: word, values: sqlText.exactOptional(), column: columnName.exactOptional() })
  .meta({ description: 'Parts that are gone through one after the other, such as tenants or partitions.' });

const insert = z.strictObject({ into: tableName, columns, select: sqlText });

const declaredKeys = {
  id: word,
  database: z.string().min(1),
  before: z
    .string()
    .refine((text) => text === 'postdeploy' || text === 'contract' || isVersion(text), {
      error: 'must be postdeploy, contract or a version such as 2.0.0',
    })
    .meta({ description: 'What may not begin before it is complete.' }),
  scope: scope.exactOptional(),
};

const sqlKeys = {
  ...declaredKeys,
  table: tableName,
  where: sqlText,
  verify: sqlText,
  throttle: z.strictObject({ query: sqlText, below: z.number() }).exactOptional(),
  dualWrite: z
    .strictObject({
      timing: z.enum(['before', 'after']),
      events: z.array(z.enum(['insert', 'update', 'delete'])).min(1),
      body: sqlText,
    })
    .exactOptional()
    .meta({ description: 'A row trigger that keeps rows which are written meanwhile in both shapes.' }),
};

const declaredSql = z
  .strictObject({
    kind: z.literal('sql').default('sql'),
    ...sqlKeys,
    set: sqlText.exactOptional().meta({ description: 'The SET clause of an UPDATE, without the word.' }),
    insert: insert
      .exactOptional()
      .meta({ description: 'Rows for another table; `select` reads the rows of a range from `batch`.' }),
    key: z.union([columnName, columns]).meta({ description: 'Columns of a unique index without nulls.' }),
    batch: z
      .strictObject({
        rows: batchRows.default(1_000),
        target: durationText.default('250ms'),
      })
      .default({ rows: 1_000, target: '250ms' }),
  })
  .superRefine(({ set, insert: rows, scope: parts }, report) => {
    const add = (key: string, message: string) => report.addIssue({ code: 'custom', path: [key], message });
    if ((set === undefined) === (rows === undefined))
      add(set === undefined ? 'id' : 'insert', 'either "set" or "insert" says what happens to the rows');
    const isPartition = parts?.kind === 'partition';
    if (parts && isPartition !== (parts.values === undefined && parts.column === undefined))
      add('scope', 'a scope names "values" and "column", except of kind partition, which names neither');
    if (parts && !isPartition && (parts.values === undefined || parts.column === undefined))
      add('scope', 'a scope needs both "values" and "column"');
  });

const declaredService = z
  .strictObject({
    kind: z.literal('service'),
    ...declaredKeys,
    service: z
      .string()
      .min(1)
      .meta({ description: 'Service whose `dataMigrations` command in product.yaml carries it out.' }),
    batch: z.strictObject({ rows: batchRows }).exactOptional(),
    stalledAfter: durationText
      .default('10m')
      .meta({ description: 'A run that shows no progress for this long is ended.' }),
  })
  .superRefine(({ scope: parts }, report) => {
    if (parts && (parts.values === undefined || parts.column !== undefined))
      report.addIssue({ code: 'custom', path: ['scope'], message: 'the scope of a service needs "values" alone' });
  });

/** A data migration as the vendor declares it. */
export const dataMigrationShape = z.union([declaredService, declaredSql]);

/** A data migration as the release document holds it. */
export const recordedDataMigrationShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sql'),
    ...sqlKeys,
    key: columns,
    change: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('update'), set: sqlText }),
      z.strictObject({ kind: z.literal('insert'), ...insert.shape }),
    ]),
    batch: z.strictObject({ rows: z.int().min(1), targetMs: z.int().min(1) }),
  }),
  z.strictObject({
    kind: z.literal('service'),
    ...declaredKeys,
    service: z.string(),
    batchRows: batchRows.exactOptional(),
    stalledAfterMs: z.int().min(1),
  }),
]);

/** What the vendor wrote, with its defaults and in one form. */
export function buildDataMigration(declared: z.infer<typeof dataMigrationShape>): DataMigration {
  if (declared.kind === 'service') {
    const { batch, stalledAfter, ...rest } = declared;
    const stalledAfterMs = parseDuration(stalledAfter) ?? 0;
    return { ...rest, ...(batch ? { batchRows: batch.rows } : {}), stalledAfterMs };
  }
  const { key, batch, set, insert: rows, ...rest } = declared;
  return {
    ...rest,
    key: typeof key === 'string' ? [key] : key,
    change: rows ? { kind: 'insert', ...rows } : { kind: 'update', set: set ?? '' },
    batch: { rows: batch.rows, targetMs: parseDuration(batch.target) ?? 0 },
  };
}
