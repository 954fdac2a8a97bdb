import type { ColumnTypeRow } from './catalog/columns.ts';
import type { GrantRow } from './catalog/grants.ts';
import type { Oid } from './catalog/part.ts';
import type { SequenceRow } from './catalog/relations.ts';
import type { Grant } from './grant.ts';
import type { Catalog } from './load-catalog.ts';
import { qualifiedName } from './qualified-name.ts';

/** Rows found by what they belong to. */
export interface CatalogIndex {
  readonly columns: (relation: Oid) => Catalog['columns'];
  readonly constraints: (relation: Oid) => Catalog['constraints'];
  readonly domainConstraints: (domain: Oid) => Catalog['constraints'];
  readonly indexes: (relation: Oid) => Catalog['indexes'];
  readonly triggers: (relation: Oid) => Catalog['triggers'];
  readonly rules: (relation: Oid) => Catalog['rules'];
  readonly policies: (relation: Oid) => Catalog['policies'];
  /** What the sequence of an identity column has that is not usual. */
  identityOptions(relation: Oid, column: string): string | null;
  columnType(type: Oid, modifier: number): ColumnTypeRow;
  viewReads: (relation: Oid) => Catalog['viewReads'];
  /** Names of columns by their number; `?` for one that is not there. */
  columnName(relation: Oid, number: number): string;
  /** Qualified name of a table or view. */
  relationName(relation: Oid): string;
  grantsOf(of: GrantRow['of'], oid: Oid, number?: number): readonly Grant[];
}

export function indexCatalog(catalog: Catalog): CatalogIndex {
  const columns = groupBy(catalog.columns, ({ relation }) => relation);
  const grants = groupBy(catalog.grants, ({ of, oid, number }) => `${of} ${oid} ${number}`);
  const names = new Map(catalog.relations.map(({ oid, schema, name }) => [oid, qualifiedName(schema, name)]));
  const columnNames = new Map(catalog.columns.map(({ relation, number, name }) => [`${relation} ${number}`, name]));
  const types = new Map(catalog.columnTypes.map((row) => [`${row.type} ${row.modifier}`, row]));
  const identities = new Map(
    catalog.sequences
      .filter(({ is_identity }) => is_identity)
      .map((row) => [`${qualifiedName(row.owner_schema ?? '', row.owner_table ?? '')} ${row.owner_column}`, row]),
  );
  return {
    columns,
    constraints: groupBy(catalog.constraints, ({ relation }) => relation),
    domainConstraints: groupBy(catalog.constraints, ({ domain }) => domain),
    indexes: groupBy(catalog.indexes, ({ relation }) => relation),
    triggers: groupBy(catalog.triggers, ({ relation }) => relation),
    rules: groupBy(catalog.rules, ({ relation }) => relation),
    policies: groupBy(catalog.policies, ({ relation }) => relation),
    viewReads: groupBy(catalog.viewReads, ({ relation }) => relation),
    identityOptions: (relation, column) => {
      const sequence = identities.get(`${names.get(relation)} ${column}`);
      return sequence ? unusualOptions(sequence) : null;
    },
    columnType: (type, modifier) => types.get(`${type} ${modifier}`) ?? UNKNOWN_TYPE,
    columnName: (relation, number) => columnNames.get(`${relation} ${number}`) ?? '?',
    relationName: (relation) => names.get(relation) ?? '?',
    grantsOf: (of, oid, number = 0) => gatherGrants(grants(`${of} ${oid} ${number}`)),
  };
}

const LARGEST: { readonly [type: string]: string } = {
  smallint: '32767',
  integer: '2147483647',
  bigint: '9223372036854775807',
};

/** What differs from a sequence that counts up from one by one. */
function unusualOptions(row: SequenceRow): string | null {
  const said = [
    row.start === '1' ? '' : `start ${row.start}`,
    row.increment === '1' ? '' : `increment ${row.increment}`,
    row.minimum === '1' ? '' : `minvalue ${row.minimum}`,
    row.maximum === LARGEST[row.type] ? '' : `maxvalue ${row.maximum}`,
    row.cache === '1' ? '' : `cache ${row.cache}`,
    row.is_cycled ? 'cycle' : '',
  ].filter((part) => part !== '');
  return said.length === 0 ? null : said.join(' ');
}

const UNKNOWN_TYPE: ColumnTypeRow = { type: '0', modifier: -1, text: '?', name: ['?', '?'], wire: null };

function gatherGrants(rows: readonly GrantRow[]): readonly Grant[] {
  const grantees = [...new Set(rows.map(({ grantee }) => grantee))];
  return grantees.map((grantee) => {
    const own = rows.filter((row) => row.grantee === grantee);
    return {
      grantee,
      privileges: own.map(({ privilege }) => privilege),
      grantable: own.filter(({ is_grantable }) => is_grantable).map(({ privilege }) => privilege),
    };
  });
}

function groupBy<Row>(rows: readonly Row[], key: (row: Row) => string): (key: string) => readonly Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return (wanted) => groups.get(wanted) ?? [];
}
