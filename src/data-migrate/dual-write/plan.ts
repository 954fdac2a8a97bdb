import { quoteName } from '../../sql/index.ts';
import type { Session } from '../../system/index.ts';
import { dualWriteDisabled, noTable } from '../errors.ts';
import { type InstalledBy, loadDualWrites, renderInstalled, renderRemoved } from './ledger.ts';
import { observeDualWrite } from './observe.ts';
import {
  type DualWritePlace,
  type DualWriting,
  dualWriteName,
  fingerprintDualWrite,
  renderDualWrite,
  renderRemoval,
} from './render.ts';

/** What is to be done in one transaction, with its record. */
export interface DualWriteChange {
  readonly name: string;
  readonly text: string;
  readonly record: string;
}

/**
 * What installs the trigger of a data migration; nothing when it is there as declared, and on record. The session has the search path that
 * migrations have. Throws `data-migrate.no-table`, and `data-migrate.dual-write-disabled` when somebody has switched it off.
 */
export async function planDualWrite(
  session: Session,
  declared: DualWriting,
  by: InstalledBy,
): Promise<DualWriteChange | undefined> {
  const place = await findPlace(session, declared);
  const state = await observeDualWrite(session, declared);
  if (state === 'disabled') throw dualWriteDisabled(declared);
  const fingerprint = fingerprintDualWrite(declared, place);
  const recorded = (await loadDualWrites(session)).find(({ id }) => id === declared.id);
  if (state === 'same' && recorded?.fingerprint === fingerprint && recorded.removedAt === null) return undefined;
  const { id } = declared;
  const name = dualWriteName(id);
  // What stood on another table would go on firing there.
  const isMoved = recorded !== undefined && recorded.removedAt === null && recorded.table !== place.table;
  return {
    name: `dual write of ${id}`,
    text: `${isMoved ? `${renderRemoval(recorded)}\n` : ''}${renderDualWrite(declared, place)}`,
    record: renderInstalled({ id, table: place.table, schema: place.schema, name, fingerprint }, by),
  };
}

/** What removes the trigger and its function; nothing when none is on record. */
export async function planDualWriteRemoval(session: Session, id: string): Promise<DualWriteChange | undefined> {
  const recorded = (await loadDualWrites(session)).find((record) => record.id === id && record.removedAt === null);
  return recorded && { name: `dual write of ${id}`, text: renderRemoval(recorded), record: renderRemoved(id) };
}

async function findPlace(session: Session, declared: DualWriting): Promise<DualWritePlace> {
  const { rows } = await session.query<DualWritePlace>(
    `select pg_catalog.format('%I.%I', space.nspname, class.relname) as "table", pg_catalog.quote_ident(space.nspname) as "schema",
            pg_catalog.current_setting('search_path') as "searchPath"
     from pg_catalog.pg_class as class join pg_catalog.pg_namespace as space on space.oid = class.relnamespace
     where class.oid = pg_catalog.to_regclass($1) and class.relkind in ('r', 'p')`,
    [declared.table.split('.').map(quoteName).join('.')],
  );
  const [place] = rows;
  if (!place) throw noTable(declared);
  return place;
}
