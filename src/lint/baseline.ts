import { compareSchemas, loadSchema, renderRepairs } from '../schema/index.ts';
import { loadSqlParser, resolveConnectionTarget, type System } from '../system/index.ts';
import { readSchema, type SchemaFile } from './proof/schema/read-schema.ts';
import type { Scratch } from './scratch/scratch.ts';

/**
 * What was there before the first migration: an SQL file such as `pg_dump --schema-only` writes, a folder, or the schema of the database that
 * a URL names, which is only read. An empty database to compare it with is made on a scratch server. Throws what reading a schema throws.
 */
export async function loadBaseline(
  system: System,
  place: string,
  openEmpty: () => Promise<Scratch>,
): Promise<readonly SchemaFile[]> {
  if (!/^postgres(ql)?:\/\//i.test(place)) return readSchema(system, place);
  const target = await resolveConnectionTarget({ url: place, origin: '--baseline', environment: system.environment });
  if (target.password !== undefined) system.redaction.add(target.password);
  const applicationName = 'onward lint';
  const live = await system.postgres.connect(target, { applicationName });
  const empty = await (await (await openEmpty()).createDatabase()).connect(applicationName);
  try {
    const text = renderRepairs(compareSchemas(await loadSchema(empty), await loadSchema(live)));
    const path = `database ${target.database}`;
    const parser = await loadSqlParser();
    return [{ path, text, statements: parser.split(text, path) }];
  } finally {
    await live.close();
    await empty.close();
  }
}
