import { quoteName } from '../../sql/index.ts';
import type { Session } from '../../system/index.ts';
import { noDualWrite } from '../errors.ts';
import { type DualWriting, dualWriteName, renderBody, triggerType } from './render.ts';

/**
 * What the database has of a trigger, on the table and on each of its partitions. `other`: something by its name that does something else;
 * `disabled`: it is there and does not fire for the application.
 */
export type DualWriteState = 'absent' | 'same' | 'other' | 'disabled';

const OBSERVE = `
with wanted as (
  select class.oid, class.relnamespace from pg_catalog.pg_class as class where class.oid = pg_catalog.to_regclass($1)
), part as (
  select oid from wanted union select tree.relid from wanted, pg_catalog.pg_partition_tree(wanted.oid) as tree
), found as (
  select trig.oid is not null as is_there, trig.tgenabled in ('O', 'A') as fires,
         trig.tgtype = $3 and trig.tgqual is null and trig.tgnargs = 0 and trig.tgattr::pg_catalog.text = '' and trig.tgconstraint = 0
           and proc.pronamespace = (select relnamespace from wanted) and proc.proname = $2 and proc.prosrc = $4 and not proc.prosecdef as is_same
  from part left join pg_catalog.pg_trigger as trig on trig.tgrelid = part.oid and trig.tgname = $2
  left join pg_catalog.pg_proc as proc on proc.oid = trig.tgfoid
)
select coalesce(bool_or(is_there), false) as is_there, coalesce(bool_and(is_there and is_same), false) as is_same,
       coalesce(bool_and(fires) filter (where is_there), true) as fires
from found`;

/** Looks in the catalog alone: cheap enough for every batch. */
export async function observeDualWrite(session: Session, declared: DualWriting): Promise<DualWriteState> {
  const table = declared.table.split('.').map(quoteName).join('.');
  const { rows } = await session.query<{ is_there: boolean; is_same: boolean; fires: boolean }>(OBSERVE, [
    table,
    dualWriteName(declared.id),
    triggerType(declared.dualWrite),
    renderBody(declared),
  ]);
  const [found] = rows;
  if (!found?.is_there) return 'absent';
  if (!found.fires) return 'disabled';
  return found.is_same ? 'same' : 'other';
}

/** Throws `data-migrate.no-dual-write` unless the trigger is there, as it is declared, and fires. */
export async function assertDualWrite(session: Session, declared: DualWriting): Promise<void> {
  const state = await observeDualWrite(session, declared);
  if (state !== 'same') throw noDualWrite(declared, state);
}
