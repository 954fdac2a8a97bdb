import { type DoomedObject, OnwardError } from '../../../model/index.ts';
import type { SqlParser } from '../../../system/index.ts';

/**
 * Whether a statement needs something that is doomed: a doomed table by its name, or a doomed column by its name, with all others (`*`, the
 * whole row, INSERT or COPY without a list), or under a natural join. A text that cannot be read, as when the server cut it off, is gone
 * through for the words. In doubt it does: names are compared without knowing the search path.
 */
export function namesDoomed(parser: SqlParser, sql: string, doomed: readonly DoomedObject[]): boolean {
  let said: Said;
  try {
    said = collectSaid(parser.split(sql, 'statement').map(({ node }) => node));
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return doomed.some(({ table }) => holdsName(sql, table));
  }
  return doomed.some(({ schema, table, column }) => {
    const found = said.tables.filter(({ name, schema: given }) => name === table && (given ?? schema) === schema);
    if (found.length === 0) return false;
    if (column === undefined) return true;
    return said.isEveryColumn || said.names.has(column) || found.some(({ alias }) => said.names.has(alias ?? table));
  });
}

interface Said {
  readonly tables: { readonly name: string; readonly schema?: string; readonly alias?: string }[];
  /** Every name of a column or a whole row that is read or written. */
  readonly names: Set<string>;
  isEveryColumn: boolean;
}

interface TreeFields {
  readonly [name: string]: unknown;
}

function collectSaid(nodes: readonly unknown[]): Said {
  const said: Said = { tables: [], names: new Set(), isEveryColumn: false };
  collect(nodes, said, '');
  return said;
}

function collect(value: unknown, said: Said, key: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, said, key);
    return;
  }
  const fields = value as TreeFields;
  note(fields, said, key);
  for (const [name, field] of Object.entries(fields)) collect(field, said, placeOf(name, key));
}

/** In the list of what a SELECT or RETURNING gives, names are new ones; a FROM clause names no column. */
function placeOf(name: string, place: string): string {
  if (name === 'SelectStmt' || name === 'returningList' || name === 'returningClause') return 'output';
  if (name === 'InsertStmt' || name === 'UpdateStmt' || name === 'MergeStmt' || name === 'onConflictClause')
    return 'input';
  return name === 'alias' ? 'alias' : place;
}

function note(fields: TreeFields, said: Said, place: string): void {
  const { relname, schemaname, alias } = fields;
  if (typeof relname === 'string') {
    const { aliasname } = (alias ?? {}) as { readonly aliasname?: string };
    said.tables.push({
      name: relname,
      ...(typeof schemaname === 'string' ? { schema: schemaname } : {}),
      ...(aliasname === undefined ? {} : { alias: aliasname }),
    });
  }
  const {
    String: text,
    A_Star: star,
    ResTarget: target,
    IndexElem: element,
    InsertStmt: insert,
    CopyStmt: copy,
  } = fields;
  if (star !== undefined || fields.isNatural === true) said.isEveryColumn = true;
  if (place !== 'alias' && hasText(text)) said.names.add(text.sval);
  if (place !== 'output' && hasName(target)) said.names.add(target.name);
  if (hasName(element)) said.names.add(element.name);
  const lacksList = (statement: unknown, list: string) =>
    statement !== undefined && (statement as TreeFields)[list] === undefined;
  if (lacksList(insert, 'cols') || (lacksList(copy, 'attlist') && lacksList(copy, 'query'))) said.isEveryColumn = true;
}

function hasText(node: unknown): node is { readonly sval: string } {
  return typeof (node as { readonly sval?: unknown } | undefined)?.sval === 'string';
}

function hasName(node: unknown): node is { readonly name: string } {
  return typeof (node as { readonly name?: unknown } | undefined)?.name === 'string';
}

/** A text that is cut off may go on with anything, so the table is enough. */
function holdsName(sql: string, name: string): boolean {
  const words = new Set([...sql.matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)].flatMap(([word]) => [word, word.toLowerCase()]));
  return words.has(name) || sql.includes(`"${name}"`);
}
