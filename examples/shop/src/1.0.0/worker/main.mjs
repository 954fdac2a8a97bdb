// The worker: does one job after another. Any number of workers may run, of one release or of two.
import { database, readiness } from '../database.mjs';
import { serve } from '../http.mjs';
import { repeat } from '../lifecycle.mjs';
import { jobs, needs } from './jobs.mjs';

await Promise.all([serve({ 'GET /ready': () => readiness(needs) }), repeat(workOnce)]);
await database.end();

/** Takes a job, does it and marks it done in one transaction: if this process dies, the job is free again. */
async function workOnce() {
  const session = await database.connect();
  let isBroken = true;
  try {
    await session.query('begin');
    const job = await takeJob(session);
    if (job) {
      await jobs[job.kind](session, job);
      await session.query('update jobs set done_at = now() where id = $1', [job.id]);
    }
    await session.query('commit');
    isBroken = false;
    return job ? 0 : 50;
  } finally {
    session.release(isBroken);
  }
}

/** Only a kind of job that this release knows: one of a newer release waits for a newer worker. */
async function takeJob(session) {
  const { rows } = await session.query(
    `select id, kind, order_id from jobs
      where done_at is null and kind = any($1)
      order by id limit 1
      for update skip locked`,
    [Object.keys(jobs)],
  );
  return rows[0];
}
