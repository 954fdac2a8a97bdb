import { loadSqlParser, type SqlStatement, type System } from '../../../system/index.ts';
import type { LintFinding } from '../../finding.ts';
import { textFindings } from '../../layouts/findings.ts';
import { readLintFiles } from '../../layouts/read-lint-files.ts';
import { splitStatements } from '../../layouts/split-statements.ts';
import { dataInSchema, missingSchema, unreadableSchema } from '../errors.ts';

export interface SchemaFile {
  readonly path: string;
  readonly text: string;
  readonly statements: readonly SqlStatement[];
}

/** Lines that pg_dump writes for psql; without them the text says the same. */
const HARMLESS = /^\\(restrict|unrestrict|connect)\b/;

/**
 * The statements of a schema: one SQL file, such as `pg_dump --schema-only` writes, or a folder of migrations or plain files in any layout.
 * Throws `lint.no-schema`, `lint.unreadable-schema`, and `lint.schema-holds-data` when rows of `COPY … FROM stdin` stand in it.
 */
export async function readSchema(system: System, path: string): Promise<readonly SchemaFile[]> {
  if (!(await system.files.exists(path))) throw missingSchema(path);
  const { files, findings } = (await system.files.isFolder(path))
    ? await readLintFiles(system, { paths: [path] })
    : await readFile(system, path);
  const wrong = findings.find((finding) => finding.severity === 'error' && isInTheWay(finding));
  if (wrong) throw unreadableSchema(`${wrong.file}:${wrong.line}`, wrong);
  if (files.length === 0) throw missingSchema(path);
  for (const file of files) assertWithoutRows(file);
  return files.map((file) => ({ ...file, statements: file.statements.filter((found) => !isAboutDatabase(found)) }));
}

async function readFile(
  system: System,
  path: string,
): Promise<{ readonly files: readonly SchemaFile[]; readonly findings: readonly LintFinding[] }> {
  const sql = await system.files.readText(path);
  const { text, statements, findings } = splitStatements(await loadSqlParser(), sql, path);
  return { files: [{ path, text, statements }], findings: textFindings(path, sql, findings) };
}

/** What is wrong with a migration as such (its number, its name) does not matter here; what cannot be read does. */
function isInTheWay({ rule, class: about, statement }: LintFinding): boolean {
  return rule === 'psql-command' ? !HARMLESS.test(statement) : about === 'unanalysed';
}

function assertWithoutRows({ path, statements }: SchemaFile): void {
  const rows = statements.find(({ node }) => 'CopyStmt' in node && node.CopyStmt.is_from === true);
  if (rows) throw dataInSchema(`${path}:${rows.line}`);
}

/** `pg_dump --create` makes the database itself; here it is there already. */
function isAboutDatabase({ node }: SqlStatement): boolean {
  return (
    'CreatedbStmt' in node || 'DropdbStmt' in node || 'AlterDatabaseStmt' in node || 'AlterDatabaseSetStmt' in node
  );
}
