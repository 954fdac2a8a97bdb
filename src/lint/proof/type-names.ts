import type { Session, StatementShape } from '../../system/index.ts';

/** What a statement takes and gives, by names that mean the same in two databases. */
export interface NamedShape {
  readonly parameters: readonly string[];
  readonly columns: readonly NamedColumn[];
}

export interface NamedColumn {
  readonly name: string;
  /** Without length or precision. */
  readonly type: string;
  /** With them. */
  readonly fullType: string;
}

/** Names the types of shapes in one round trip: the types that users make have other oids in every database. */
export async function nameTypes(session: Session, shapes: readonly StatementShape[]): Promise<readonly NamedShape[]> {
  const wanted = new Set<string>();
  for (const { parameterTypes, columns } of shapes) {
    for (const oid of parameterTypes) wanted.add(keyOf(oid, -1));
    for (const { typeOid, typeModifier } of columns) wanted.add(keyOf(typeOid, -1)).add(keyOf(typeOid, typeModifier));
  }
  const names = await loadNames(session, [...wanted]);
  const nameOf = (oid: number, modifier: number) => names.get(keyOf(oid, modifier)) ?? String(oid);
  return shapes.map(({ parameterTypes, columns }) => ({
    parameters: parameterTypes.map((oid) => nameOf(oid, -1)),
    columns: columns.map(({ name, typeOid, typeModifier }) => {
      return { name, type: nameOf(typeOid, -1), fullType: nameOf(typeOid, typeModifier) };
    }),
  }));
}

async function loadNames(session: Session, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const pairs = keys.map((key) => key.split(':').map(Number));
  // format_type leaves out the schema when the search path finds the type, and the path may differ between the two databases.
  const { rows } = await session.query<{ oid: number; modifier: number; name: string }>(
    `select wanted.oid, wanted.modifier,
            pg_catalog.concat(case when n.nspname in ('pg_catalog', 'public') or pg_catalog.strpos(f.name, '.') > 0 then ''
                                   else pg_catalog.quote_ident(n.nspname) || '.' end, f.name) as name
       from rows from (pg_catalog.unnest($1::pg_catalog.int8[]), pg_catalog.unnest($2::pg_catalog.int4[])) wanted(oid, modifier)
       join pg_catalog.pg_type t on t.oid = wanted.oid::pg_catalog.oid
       join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      cross join lateral (select pg_catalog.replace(pg_catalog.format_type(t.oid, wanted.modifier), 'public.', '')) f(name)`,
    [pairs.map(([oid]) => oid), pairs.map(([, modifier]) => modifier)],
  );
  return new Map(rows.map(({ oid, modifier, name }) => [keyOf(Number(oid), modifier), name]));
}

function keyOf(oid: number, modifier: number): string {
  return `${oid}:${modifier}`;
}
