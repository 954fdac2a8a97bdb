import type { DoomedObject } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import type { AclEntry } from './acl.ts';
import type { Loss } from './plan-quarantine.ts';

export type QuarantineEnd =
  /** The shape is gone, and what the other columns lost was given back. */
  | 'contracted'
  /** A statement was refused. */
  | 'refused'
  /** Nobody could have seen a refused statement. */
  | 'unseen'
  /** The run that kept it stopped before the shape was gone. */
  | 'stopped'
  /** A later run began it anew. */
  | 'begun anew'
  | 'undone by hand';

/** A quarantine as the ledger of its database has it. Times are the database's, in ISO 8601. */
export interface Quarantine {
  readonly id: string;
  readonly deployment: string;
  readonly release: string;
  readonly run: string;
  readonly epoch: number;
  readonly beganAt: string;
  readonly until: string;
  readonly doomed: readonly DoomedObject[];
  readonly losses: readonly Loss[];
  /** The one statement that gives everything back. */
  readonly undo: string;
  readonly endedAt?: string;
  readonly endedBecause?: QuarantineEnd;
}

/** The privileges as they were, for looking whether they are back. */
export interface TableBefore {
  readonly oid: number;
  readonly name: string;
  readonly entries: readonly AclEntry[];
}

/** The same in every session, whatever its time zone and style. */
const iso = (column: string) => `pg_catalog.to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const COLUMNS = `id, deployment, release, run, epoch::pg_catalog.text as epoch, ${iso('began_at')} as "beganAt", ${iso('until')} as until,
  doomed, losses, undo, ${iso('ended_at')} as "endedAt", ended_because as "endedBecause"`;

type Row = Omit<Quarantine, 'epoch' | 'endedAt' | 'endedBecause'> & {
  readonly epoch: string;
  readonly endedAt: string | null;
  readonly endedBecause: QuarantineEnd | null;
};

function fromRow({ epoch, endedAt, endedBecause, ...row }: Row): Quarantine {
  return {
    ...row,
    epoch: Number(epoch),
    ...(endedAt === null ? {} : { endedAt }),
    ...(endedBecause === null ? {} : { endedBecause }),
  };
}

/** The quarantine of a deployment that is in force in this database. */
export async function observeQuarantine(
  session: Pick<Session, 'query'>,
  deployment: string,
): Promise<Quarantine | undefined> {
  const { rows: tables } = await session.query<{ is_there: boolean }>(
    `select pg_catalog.to_regclass('onward.quarantine') is not null as is_there`,
  );
  if (!tables[0]?.is_there) return undefined;
  const { rows } = await session.query<Row>(
    `select ${COLUMNS} from onward.quarantine where deployment = $1 and ended_at is null`,
    [deployment],
  );
  return rows[0] && fromRow(rows[0]);
}

/** One quarantine, whether it has ended or not; locked until the transaction ends. */
export async function lockQuarantine(
  session: Session,
  id: string,
): Promise<(Quarantine & { readonly before: readonly TableBefore[] }) | undefined> {
  const { rows } = await session.query<Row & { readonly before: readonly TableBefore[] }>(
    `select ${COLUMNS}, before from onward.quarantine where id = $1 for update`,
    [id],
  );
  const [row] = rows;
  return row && { ...fromRow(row), before: row.before };
}

export interface QuarantineStart extends Omit<Quarantine, 'beganAt' | 'until' | 'endedAt' | 'endedBecause'> {
  readonly durationMs: number;
  readonly before: readonly TableBefore[];
}

export async function insertQuarantine(session: Session, start: QuarantineStart): Promise<Quarantine> {
  const { rows } = await session.query<Row>(
    `insert into onward.quarantine (id, deployment, release, run, epoch, began_at, until, doomed, losses, before, undo)
     select $1, $2, $3, $4, $5, began_at, began_at + $6 * interval '1 millisecond', $7, $8, $9, $10
     from pg_catalog.clock_timestamp() as began_at
     returning ${COLUMNS}`,
    [
      start.id,
      start.deployment,
      start.release,
      start.run,
      start.epoch,
      start.durationMs,
      JSON.stringify(start.doomed),
      JSON.stringify(start.losses),
      JSON.stringify(start.before),
      start.undo,
    ],
  );
  const [row] = rows;
  if (!row) throw new Error('The ledger did not give the quarantine back');
  return fromRow(row);
}

export async function markEnded(session: Session, id: string, because: QuarantineEnd): Promise<void> {
  await session.query(
    'update onward.quarantine set ended_at = coalesce(ended_at, pg_catalog.clock_timestamp()), ended_because = $2 where id = $1',
    [id, because],
  );
}

/** Nobody watched for a while, so the set time begins anew. */
export async function restartTime(session: Session, { id }: Quarantine, durationMs: number): Promise<void> {
  await session.query(
    `update onward.quarantine set until = pg_catalog.clock_timestamp() + $2 * interval '1 millisecond' where id = $1 and ended_at is null`,
    [id, durationMs],
  );
}
