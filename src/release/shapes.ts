import { z } from 'zod';
import { isRange, isVersion, parseDuration } from '../model/index.ts';

export const digestShape = z.templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)], {
  error: 'must be sha256: and 64 hex digits',
});
export const versionShape = z.string().refine(isVersion, { error: 'must be a version, such as 1.2.0' });
export const rangeShape = z.string().refine(isRange, { error: 'must be a version range, such as ">=1.2 <2"' });

export const stopShape = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'must be lower-case letters, digits and hyphens' }),
  satisfiedBy: rangeShape,
  prefer: versionShape.exactOptional(),
  reason: z.string().min(1),
  url: z.url({ protocol: /^https?$/ }).exactOptional(),
});

/** A column or table: names as they stand in the catalog, so that nothing else can be meant. */
const sqlName = /^[A-Za-z_][A-Za-z0-9_$]*$/;
const sqlText = z.string().refine((text) => text.trim() !== '', { error: 'must be SQL' });
const keyColumns = z.array(z.string().regex(sqlName, { error: 'must be the name of a column' })).min(1);

const dataMigrationKeys = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'must be lower-case letters, digits and hyphens' }),
  database: z.string().min(1),
  table: z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/, {
    error: 'must be a table such as customers or billing.customers',
  }),
  set: sqlText,
  where: sqlText,
  verify: sqlText,
  before: z.enum(['postdeploy', 'contract']),
};

/** A data migration as the vendor declares it. */
export const dataMigrationShape = z.strictObject({
  ...dataMigrationKeys,
  key: z.union([keyColumns.element, keyColumns]).meta({ description: 'Columns of a unique index without nulls.' }),
  batch: z
    .strictObject({
      rows: z.int().min(1).max(50_000).default(1_000),
      target: z
        .string()
        .refine((text) => (parseDuration(text) ?? 0) >= 1, { error: 'must be a duration, such as 250ms' })
        .default('250ms'),
    })
    .default({ rows: 1_000, target: '250ms' }),
});

/** A data migration as the release document holds it. */
export const recordedDataMigrationShape = z.strictObject({
  ...dataMigrationKeys,
  key: keyColumns,
  batch: z.strictObject({ rows: z.int().min(1), targetMs: z.int().min(1) }),
});
