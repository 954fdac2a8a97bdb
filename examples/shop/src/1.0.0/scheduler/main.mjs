// The scheduler: adds what has to be done again and again. There must never be two of it.
import { database, queryRow } from '../database.mjs';
import { repeat } from '../lifecycle.mjs';

let shift;

await repeat(beat);
await database.end();

/** Says that this process is at work, and adds a job. The shifts show afterwards whether two schedulers ever overlapped. */
async function beat() {
  shift ??= await queryRow('insert into scheduler_shifts (pid) values ($1) returning id', [process.pid]);
  await database.query(
    `with beat as (update scheduler_shifts set last_beat_at = clock_timestamp() where id = $1)
     insert into jobs (kind) values ('sweep')`,
    [shift.id],
  );
  return 200;
}
