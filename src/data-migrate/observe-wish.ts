import type { Session } from '../system/index.ts';
import { fencedOut, takenOver } from './errors.ts';
import type { Claim } from './state.ts';

/** What the operator asked for while the worker waits. Throws when another run or worker has come meanwhile. */
export async function observeWish(session: Session, claim: Claim): Promise<'pause' | 'cancel' | undefined> {
  const { rows } = await session.query<{ wanted: 'pause' | 'cancel' | null; epoch: string | null }>(
    `select wanted, (select epoch from onward.fence where deployment = $3) as epoch
     from onward.data_migration where id = $1 and holder = $2`,
    [claim.id, claim.holder, claim.fence.deployment],
  );
  const [row] = rows;
  if (!row) throw takenOver(claim.id);
  if (Number(row.epoch) !== claim.fence.epoch) throw fencedOut(claim.id, claim.fence.epoch);
  return row.wanted ?? undefined;
}
