import type { LockMode } from '../../sql/index.ts';
import type { Session } from '../../system/index.ts';
import { type KnownRelation, parseRelations, type RelationRow, renderRelations } from './known-relations.ts';

/** What the session holds and has done so far, at one moment. */
export interface Reading {
  /** Locks that the session holds, by relation. */
  readonly locks: readonly (readonly [oid: number, mode: LockMode])[];
  /** Rows that the session has read by scanning relations, by relation. They start again from 0 at some time between transactions. */
  readonly reads: ReadonlyMap<number, number>;
  /** Relations that were made or changed since `since`. */
  readonly changed: readonly KnownRelation[];
  /** Position in the write-ahead log, in bytes. */
  readonly walPosition: number;
  /** To be asked for as `since` the next time. */
  readonly nextTransaction: string;
}

interface Row {
  readonly locks: readonly (readonly [number, LockMode])[] | null;
  readonly reads: readonly (readonly [number, number])[] | null;
  readonly changed: readonly RelationRow[] | null;
  readonly wal: string;
  readonly next: string;
}

const OWN_LOCKS = `from pg_catalog.pg_locks l
  where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' and l.relation >= 16384 and l.granted`;

export interface ReadingOptions {
  /** The `nextTransaction` of an earlier reading; without it nothing is listed as changed. */
  readonly since?: string;
  /** Sent before it in the same message. */
  readonly first?: string;
}

/** One round trip. Transaction ids are 32 bits that wrap around, so they are compared by their distance. */
export async function takeReading(session: Session, { since, first = '' }: ReadingOptions = {}): Promise<Reading> {
  const isNew = `c.xmin::text::bigint >= 3
    and (c.xmin::text::bigint - ${Number(since ?? 0)} + 4294967296) % 4294967296 < 2147483648`;
  const { rows } = await session.query<Row>(
    `${first === '' ? '' : `${first}; `}select (select json_agg(json_build_array(l.relation::bigint, l.mode)) ${OWN_LOCKS}) as locks,
            (select json_agg(json_build_array(r.oid::bigint, r.n))
               from (select oid, pg_catalog.pg_stat_get_xact_tuples_returned(oid) as n from pg_catalog.pg_class
                      where relkind in ('r', 'm') and oid >= 16384) r
              where r.n > 0) as reads,
            ${since === undefined ? 'null::json' : `(${renderRelations(isNew)})`} as changed,
            (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::text as wal,
            (pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric % 4294967296)::text as next`,
  );
  const row = rows[0];
  return {
    locks: row?.locks ?? [],
    reads: new Map(row?.reads ?? []),
    changed: parseRelations(row?.changed ?? null),
    walPosition: Number(row?.wal ?? 0),
    nextTransaction: row?.next ?? '0',
  };
}
