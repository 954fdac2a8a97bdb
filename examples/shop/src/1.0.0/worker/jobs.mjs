/** What the statements below need to be there. */
export const needs = { revision: 1, tables: ['jobs', 'orders'] };

/** Every kind of job, and how it is done. */
export const jobs = {
  confirm: (session, job) => session.query(`update orders set state = 'confirmed' where id = $1`, [job.order_id]),
  sweep: (session) => session.query(`delete from jobs where done_at < now() - interval '1 minute'`),
};
