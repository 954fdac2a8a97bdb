import type { Session } from '../system/index.ts';
import { assertNotCompleted } from './state.ts';

export type Wish = 'pause' | 'resume' | 'cancel';

/**
 * Asks for a pause or an end, or takes that back. A worker sees it before its next batch, and while it waits; where nobody works, it holds
 * at once. `resume` starts nothing. Throws when the data migration is complete already. Gives the status from now on.
 */
export async function requestWish(
  session: Session,
  { id, release, wish }: { readonly id: string; readonly release: string; readonly wish: Wish },
): Promise<string> {
  return session.transaction(async () => {
    await session.query('insert into onward.data_migration (id, release) values ($1, $2) on conflict (id) do nothing', [
      id,
      release,
    ]);
    const { rows } = await session.query<{ status: string }>(
      'select status from onward.data_migration where id = $1 for update',
      [id],
    );
    const status = rows[0]?.status;
    if (wish !== 'resume') assertNotCompleted(id, status);
    const { rows: changed } = await session.query<{ status: string }>(
      `update onward.data_migration
       set wanted = case when $2 <> 'resume' and status = 'running' then $2 end,
           status = case when $2 = 'resume' and status in ('paused', 'cancelled') then 'pending'
                         when $2 = 'resume' or status = 'running' then status
                         when $2 = 'pause' then 'paused' else 'cancelled' end,
           updated_at = pg_catalog.clock_timestamp()
       where id = $1 returning status`,
      [id, wish],
    );
    return changed[0]?.status ?? 'pending';
  });
}
