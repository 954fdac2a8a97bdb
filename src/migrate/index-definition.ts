import { quoteLiteral, quoteName, type RelationName, relationName } from '../sql/index.ts';
import type { Session, SqlNode, SqlParser } from '../system/index.ts';
import { quoteRelation } from './find-holders.ts';

/** An index as a `CREATE INDEX` asks for it. */
export interface WantedIndex {
  readonly table: RelationName;
  /** `undefined`: the server makes one up. */
  readonly name: string | undefined;
  readonly isUnique: boolean;
  /** What follows the table: method, columns, predicate, parameters. */
  readonly rest: string;
}

/** Takes a `CREATE INDEX` apart; `undefined` when the statement is none. */
export function parseIndexStatement(parser: SqlParser, node: SqlNode, text: string): WantedIndex | undefined {
  if (!('IndexStmt' in node)) return undefined;
  const table = relationName(node.IndexStmt.relation);
  if (!table) return undefined;
  const tokens = parser.tokens(text, 'statement').filter(({ isComment }) => !isComment);
  // ON is a reserved word: the first one that is not quoted stands before the table.
  let at = tokens.findIndex((token) => token.text.toLowerCase() === 'on') + 1;
  if (tokens[at]?.text.toLowerCase() === 'only') at += 1;
  while (tokens[at + 1]?.text === '.') at += 2;
  const rest = text.slice(tokens[at]?.endOffset ?? text.length);
  return { table, name: node.IndexStmt.idxname, isUnique: node.IndexStmt.unique === true, rest };
}

/** One index as the server has it, in a form that is equal for equal definitions whatever the names of index and table. */
const DEFINITION = `
select c.oid, c.relname as name, i.indisvalid as is_valid, pg_catalog.pg_get_indexdef(c.oid) as text,
  pg_catalog.json_build_object(
    'unique', i.indisunique, 'method', am.amname, 'keys', i.indnkeyatts,
    'columns', (select pg_catalog.json_agg(pg_catalog.pg_get_indexdef(c.oid, k, false) order by k)
                from pg_catalog.generate_series(1, i.indnatts::integer) k),
    'classes', i.indclass::text, 'options', i.indoption::text, 'collations', i.indcollation::text,
    'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid), 'parameters', c.reloptions,
    'nulls', pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct',
    'attributes', (select pg_catalog.json_agg(a.attoptions order by a.attnum) from pg_catalog.pg_attribute a where a.attrelid = c.oid)
  )::text as definition
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_am am on am.oid = c.relam
where i.indrelid = `;

export interface ExistingIndex {
  readonly oid: number;
  readonly name: string;
  readonly is_valid: boolean;
  readonly text: string;
  readonly definition: string;
}

/** Every index of a table; empty when there is no such table. */
export async function loadIndexes(session: Session, table: RelationName): Promise<readonly ExistingIndex[]> {
  const { rows } = await session.query<ExistingIndex>(
    `${DEFINITION} pg_catalog.to_regclass(${quoteLiteral(quoteRelation(table))}) order by c.oid`,
  );
  return rows;
}

/**
 * What the server makes of a wanted index. It builds the index on an empty temporary copy of the table in a transaction that is rolled back:
 * only the server knows how it writes expressions, casts, default operator classes and collations. The copy has the table's name, so that
 * expressions which mention it still work.
 */
export async function canonicalDefinition(session: Session, wanted: WantedIndex): Promise<string | undefined> {
  const copy = `pg_temp.${quoteName(wanted.table.name)}`;
  await session.query('begin');
  try {
    await session.query(`create temporary table ${quoteName(wanted.table.name)} (like ${quoteRelation(wanted.table)})`);
    await session.query(`create ${wanted.isUnique ? 'unique ' : ''}index on ${copy} ${wanted.rest}`);
    const [shape] = await loadIndexes(session, { schema: 'pg_temp', name: wanted.table.name });
    return shape?.definition;
  } finally {
    await session.query('rollback');
  }
}
