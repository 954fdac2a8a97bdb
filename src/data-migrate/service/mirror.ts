import type { Session } from '../../system/index.ts';
import type { Claim } from '../state.ts';
import type { ProgressLine, ResultLine } from './answers.ts';

/** Copies what the program counts into the row of its holder, unless it counts there itself. */
export async function mirrorCounters(
  session: Session,
  { id, holder }: Claim,
  line: ProgressLine | ResultLine,
): Promise<void> {
  if (line.recorded) return;
  const waitingFor = line.type === 'progress' ? line.waitingFor : undefined;
  await session.query(
    `update onward.data_migration
     set scanned = $3, changed = $4, failed = $5, batches = $6,
         waiting_since = case when $7::text is null then null
                              when waiting_for is not distinct from $7 then waiting_since
                              else pg_catalog.clock_timestamp() end,
         waiting_for = $7, updated_at = pg_catalog.clock_timestamp()
     where id = $1 and holder = $2`,
    [id, holder, line.scanned, line.changed, line.failed, line.batches, waitingFor ?? null],
  );
}
