import { z } from 'zod';

const name = z.string().min(1);
const count = z.int().min(0);

/** The shape of the file that `onward record` writes and the query proof reads. */
export const statementsSchema = z.strictObject({
  format: z.literal(1),
  recordedAt: z.iso.datetime().meta({ description: 'When the statements were read from the server, in UTC.' }),
  server: z.string().min(1).meta({ description: 'Version of the server, such as 15.18.' }),
  release: name.exactOptional().meta({ description: 'The release whose services sent the statements.' }),
  missing: z
    .array(z.strictObject({ reason: z.string().min(1), count: count.nullable() }))
    .meta({ description: 'What could not be seen; the count is null when nobody can know it.' }),
  statements: z.array(
    z.strictObject({
      sql: z.string().min(1).meta({ description: 'One statement, with $1 parameters or constants.' }),
      calls: count.meta({ description: 'How often it was run while the server counted.' }),
      role: name
        .exactOptional()
        .meta({ description: 'Who ran it; privileges and row-level security are judged as this role.' }),
      searchPath: name.exactOptional().meta({ description: 'The search_path under which its names are resolved.' }),
      origin: name.exactOptional().meta({ description: 'Where the statement comes from, for people.' }),
      values: z
        .array(z.array(z.string().nullable()))
        .exactOptional()
        .meta({ description: 'Values for the parameters, one list per trial run, as Postgres reads them.' }),
    }),
  ),
});
