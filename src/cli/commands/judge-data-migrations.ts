import { join } from 'node:path';
import { type DeclarationJudgement, judgeDeclarationText, tryDeclaration } from '../../data-migrate/index.ts';
import {
  applySchema,
  describeRules,
  fillTables,
  openScratch,
  type ScratchDatabase,
  type ServerVersion,
} from '../../lint/index.ts';
import { compareVersions, type Finding, isVersion, type SqlDataMigration } from '../../model/index.ts';
import { loadReleaseDetails, type MigrationFile, type Product } from '../../release/index.ts';
import { createPathLocator, loadSqlParser, type Session, type System } from '../../system/index.ts';

/** Rows that a table has before the release is expanded. */
const ROWS = 50;

interface Judged {
  readonly product: Product;
  readonly files: readonly MigrationFile[];
  readonly version: string;
  readonly server: ServerVersion;
}

/**
 * What is wrong with the data migrations that a release declares, each with its place in `<version>.yaml`: by their text, and where the
 * product measures, by trying them out on a scratch database.
 */
export async function judgeDataMigrations(system: System, wanted: Judged): Promise<readonly Finding[]> {
  const { product, version } = wanted;
  const { dataMigrations } = await loadReleaseDetails(system, product, version);
  const declared = dataMigrations.filter((one) => one.kind === 'sql');
  if (declared.length === 0) return [];
  const parser = await loadSqlParser();
  const file = join(product.releases ?? '', `${version}.yaml`);
  const locate = await createPathLocator({ kind: 'release file', path: file, text: await system.files.readText(file) });
  const help = new Map(describeRules().map((rule) => [rule.id, rule.help]));
  const toFinding = (one: SqlDataMigration, { rule, severity, path, message }: DeclarationJudgement): Finding => ({
    code: `lint.${rule}`,
    severity,
    message: `data migration "${one.id}": ${message}`,
    position: locate(['dataMigrations', dataMigrations.indexOf(one), ...path]),
    hint: help.get(rule) ?? '',
  });
  const findings: Finding[] = [];
  const readable: SqlDataMigration[] = [];
  for (const one of declared) {
    const found = judgeDeclarationText(parser, one);
    findings.push(...found.map((judgement) => toFinding(one, judgement)));
    if (found.every(({ severity }) => severity === 'warning')) readable.push(one);
  }
  if (!product.lint.measure || readable.length === 0) return findings;
  const tried = await tryAll(system, wanted, readable);
  return [...findings, ...tried.map(({ of, judgement }) => toFinding(of, judgement))];
}

interface Tried {
  readonly of: SqlDataMigration;
  readonly judgement: DeclarationJudgement;
}

async function tryAll(
  system: System,
  { files, version, server }: Judged,
  declared: readonly SqlDataMigration[],
): Promise<readonly Tried[]> {
  const scratch = await openScratch(system, { server });
  const tried: Tried[] = [];
  try {
    for (const database of new Set(declared.map((one) => one.database))) {
      const own = files.filter((file) => file.database === database);
      const copy = await scratch.createDatabase();
      const here = declared.filter((one) => one.database === database);
      const tables = here.map(({ table }) => table);
      await expand(system, copy, { files: own, version, tables });
      const session = await copy.connect('onward release build');
      try {
        for (const of of here) for (const judgement of await tryDeclaration(session, of)) tried.push({ of, judgement });
      } finally {
        await session.close();
      }
    }
    return tried;
  } finally {
    await scratch.close();
  }
}

/** The schema as the expand phase of the release leaves it, with rows in the shape of before. */
async function expand(
  system: System,
  database: ScratchDatabase,
  {
    files,
    version,
    tables,
  }: { readonly files: readonly MigrationFile[]; readonly version: string; readonly tables: readonly string[] },
): Promise<void> {
  const parser = await loadSqlParser();
  const apply = (some: readonly MigrationFile[]) =>
    applySchema(
      system,
      database.target,
      some.map(({ path, text }) => ({ path, text, statements: parser.split(text, path) })),
      { mayCreateRoles: true },
    );
  const isEarlier = (file: MigrationFile) => isVersion(file.version) && compareVersions(file.version, version) < 0;
  const isOwn = (file: MigrationFile) => !isVersion(file.version) || compareVersions(file.version, version) === 0;
  await apply(files.filter(isEarlier));
  await withSession(database, (session) => fill(session));
  await apply(files.filter((file) => isOwn(file) && file.phase === 'expand'));
  // A table of the release itself has no rows yet; others of it are where rows may go to.
  await withSession(database, (session) => fill(session, tables));
}

/** All tables, or these of them. */
async function fill(session: Session, only?: readonly string[]): Promise<void> {
  const { rows } = await session.query<{ oid: number }>(
    `select class.oid::int8::float8 as oid from pg_catalog.pg_class as class join pg_catalog.pg_namespace as space on space.oid = class.relnamespace
     where class.relkind in ('r', 'p') and not class.relispartition and space.nspname not in ('pg_catalog', 'information_schema')
       and space.nspname not like 'pg\\_%'
       and ($1::text[] is null or (class.relname = any ($1) or space.nspname || '.' || class.relname = any ($1)))`,
    [only ?? null],
  );
  await fillTables(
    session,
    rows.map(({ oid }) => oid),
    { rows: ROWS },
  );
}

async function withSession(database: ScratchDatabase, work: (session: Session) => Promise<void>): Promise<void> {
  const session = await database.connect('onward release build');
  try {
    await work(session);
  } finally {
    await session.close();
  }
}
