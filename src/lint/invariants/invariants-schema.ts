import { z } from 'zod';

const name = z.string().min(1);
const names = z.array(name);
const table = name.meta({ description: 'A table, with its schema unless that is public' });
const role = name.meta({ description: 'The role that the application connects as' });

/** What `invariants/*.yaml` may declare. */
export const invariantsSchema = z.strictObject({
  database: name.exactOptional().meta({ description: 'Which of the databases, where the migrations name several' }),
  given: z
    .string()
    .exactOptional()
    .meta({ description: 'SQL that runs before anything is looked at, such as rows that checks need' }),
  expect: z
    .record(
      name,
      z.strictObject({ columns: names.default([]), constraints: names.default([]), indexes: names.default([]) }),
    )
    .default({})
    .meta({ description: 'Tables that must be there, each with columns, constraints and indexes' }),
  appendOnly: z
    .strictObject({ tables: z.array(table).min(1), role })
    .exactOptional()
    .meta({ description: 'Tables in which the role can neither update nor delete' }),
  immutable: z
    .array(z.strictObject({ table, where: z.string().min(1).exactOptional(), columns: names.exactOptional() }))
    .default([])
    .meta({ description: 'Rows that a trigger protects from being changed' }),
  tenants: z
    .strictObject({ column: name, role, except: z.array(table).default([]) })
    .exactOptional()
    .meta({ description: 'Every table with this column shows the role nothing, as long as no setting names a tenant' }),
  partitions: z
    .array(z.strictObject({ table, ahead: z.int().min(1), every: z.enum(['day', 'week', 'month', 'quarter', 'year']) }))
    .default([])
    .meta({ description: 'How many periods from now the partitions of a table must reach' }),
  secondRun: z
    .boolean()
    .exactOptional()
    .meta({ description: 'A second run of the migrations changes nothing; true unless told' }),
  twoRunners: z
    .boolean()
    .exactOptional()
    .meta({ description: 'Two runners that start together do not disturb each other; true unless told' }),
  sameSchema: name
    .exactOptional()
    .meta({ description: 'SQL file of a fresh install, which must end in the same schema; relative to this file' }),
});

export type InvariantsDocument = z.output<typeof invariantsSchema>;
