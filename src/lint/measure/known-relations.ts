import type { Session } from '../../system/index.ts';

/** A relation of the scratch database, as it was when it was last looked at. */
export interface KnownRelation {
  readonly oid: number;
  /** `schema.name`, unquoted. */
  readonly name: string;
  /** The same, quoted where it must be. */
  readonly quoted: string;
  readonly kind: RelationKind;
  /** 0 for what has no storage of its own. */
  readonly filenode: number;
  /** The table of an index; 0 otherwise. */
  readonly table: number;
  readonly bytes: number;
}

/** Table, partitioned table, view, materialised view, foreign table, index, partitioned index. */
export type RelationKind = 'r' | 'p' | 'v' | 'm' | 'f' | 'i' | 'I';

/** What there is in a database before a statement. It is kept up to date by what statements change, without reading it all again. */
export class KnownRelations {
  readonly #byOid = new Map<number, KnownRelation>();
  /** The last one of a name: earlier ones may have been dropped. */
  readonly #byName = new Map<string, number>();
  readonly #filenodes = new Set<number>();
  readonly #old = new Set<number>();
  readonly #rows = new Map<number, number>();

  find(oid: number): KnownRelation | undefined {
    return this.#byOid.get(oid);
  }

  /** `schema.name`, unquoted. */
  findByName(name: string): KnownRelation | undefined {
    const relation = this.#byOid.get(this.#byName.get(name) ?? 0);
    return relation?.name === name ? relation : undefined;
  }

  /** It was there before the file: somebody may use it. */
  isOld(oid: number): boolean {
    return this.#old.has(oid);
  }

  hasFilenode(filenode: number): boolean {
    return this.#filenodes.has(filenode);
  }

  /** Rows of a table; 0 when it could not be filled. */
  rowsOf(oid: number): number {
    return this.#rows.get(oid) ?? 0;
  }

  setRows(oid: number, rows: number): void {
    this.#rows.set(oid, rows);
  }

  add(relations: readonly KnownRelation[]): void {
    for (const relation of relations) {
      this.#byOid.set(relation.oid, relation);
      this.#byName.set(relation.name, relation.oid);
      this.#filenodes.add(relation.filenode);
    }
  }

  /** From here on everything that is there is old. */
  markAllOld(): void {
    for (const oid of this.#byOid.keys()) this.#old.add(oid);
  }

  /** Rows of the old relations that are no index, by name. */
  oldRows(): ReadonlyMap<string, number> {
    const rows = new Map<string, number>();
    for (const oid of this.#old) {
      const relation = this.#byOid.get(oid);
      if (relation && relation.kind !== 'i' && relation.kind !== 'I') rows.set(relation.name, this.rowsOf(oid));
    }
    return rows;
  }

  /** Old tables and materialised views: what has rows of its own. */
  *oldTables(): Iterable<KnownRelation> {
    for (const oid of this.#old) {
      const relation = this.#byOid.get(oid);
      if (relation?.kind === 'r' || relation?.kind === 'm') yield relation;
    }
  }
}

/** One row per relation that is not the system's, as a JSON array; `${condition}` narrows it. */
export function renderRelations(condition: string): string {
  return `select json_agg(json_build_array(c.oid::bigint, n.nspname || '.' || c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname),
                 c.relkind, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::bigint,
                 coalesce(i.indrelid, 0)::bigint, case when c.relkind in ('r', 'm') then pg_catalog.pg_relation_size(c.oid) else 0 end))
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            left join pg_catalog.pg_index i on i.indexrelid = c.oid
           where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'i', 'I') and c.relpersistence <> 't'
             and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema') and ${condition}`;
}

export type RelationRow = readonly [number, string, string, RelationKind, number, number, number];

export function parseRelations(rows: readonly RelationRow[] | null): readonly KnownRelation[] {
  return (rows ?? []).map(([oid, name, quoted, kind, filenode, table, bytes]) => ({
    oid,
    name,
    quoted,
    kind,
    filenode,
    table,
    bytes,
  }));
}

/** Everything that is there counts as old. */
export async function loadKnownRelations(session: Session): Promise<KnownRelations> {
  const known = new KnownRelations();
  await refreshKnownRelations(session, known);
  known.markAllOld();
  return known;
}

/** Learns what others than measured statements have made. */
export async function refreshKnownRelations(session: Session, known: KnownRelations): Promise<void> {
  const { rows } = await session.query<{ relations: readonly RelationRow[] | null }>(
    `select (${renderRelations('true')}) as relations`,
  );
  known.add(parseRelations(rows[0]?.relations ?? null));
}

/** Counts the rows of the old tables that are still there. */
export async function countRows(session: Session, known: KnownRelations): Promise<void> {
  const oids = [...known.oldTables()].map(({ oid }) => oid);
  const { rows: present } = await session.query<{ oid: number; quoted: string }>(
    `select c.oid::int8::int4 as oid, pg_catalog.format('%I.%I', n.nspname, c.relname) as quoted
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = any($1::oid[])`,
    [oids],
  );
  if (present.length === 0) return;
  const counts = present.map(({ oid, quoted }) => `select ${oid} as oid, count(*)::int4 as n from only ${quoted}`);
  const { rows } = await session.query<{ oid: number; n: number }>(counts.join(' union all '));
  for (const { oid, n } of rows) known.setRows(oid, n);
}
