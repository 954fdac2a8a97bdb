import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../postgres.mjs';

const LAG_MS = 1_000;
/** Nothing is seen to happen within it. */
const QUIET_MS = 1_500;

/**
 * How long after the lag of a real standby has passed the limit the last batch ended, and how long after the standby has caught up the next
 * one did.
 */
export async function measureReaction(bench) {
  const { engine, system, server } = bench;
  const url = await bench.prepare('lagging');
  const replica = await engine.createReplica(system, server);
  const client = await connect(url, 'bench');
  const stop = new AbortController();
  try {
    await until(
      client,
      `select from pg_stat_replication where replay_lsn >= pg_current_wal_flush_lsn() - 8192::numeric`,
    );
    const pacing = { ...engine.DEFAULT_PACING, replicaLagMs: LAG_MS, rowsPerSecond: 20_000 };
    const running = bench.run(url, { pacing, signal: stop.signal }).catch(() => {});
    await until(client, 'select from onward.data_migration where scanned > 0');
    await replica.holdBack();
    const heldAt = await now(client);
    await until(client, `select from onward.data_migration where waiting_for like 'standby%'`);
    await sleep(QUIET_MS);
    const stoppedAt = await lastBatch(client);
    await replica.goOn();
    const caughtUpAt = await now(client);
    await until(client, 'select from onward.data_migration where waiting_for is null');
    // More than a rounding later.
    await until(
      client,
      `select from onward.data_migration_batch having extract(epoch from max(finished_at)) * 1000 > ${stoppedAt + 1}`,
    );
    const wentOnAt = await lastBatch(client);
    stop.abort(new Error('It was watched for long enough'));
    await running;
    return { stopMs: Math.round(stoppedAt - heldAt - LAG_MS), goOnMs: Math.round(wentOnAt - caughtUpAt) };
  } finally {
    stop.abort(new Error('It failed'));
    await client.end();
    await replica.remove();
    await server.dropDatabase('lagging');
  }
}

async function until(client, sql) {
  const deadline = performance.now() + 60_000;
  while ((await client.query(sql)).rows.length === 0) {
    if (performance.now() > deadline) throw new Error(`Not so within a minute: ${sql}`);
    await sleep(5);
  }
}

async function now(client) {
  const { rows } = await client.query('select extract(epoch from clock_timestamp())::float8 * 1000 as ms');
  return rows[0].ms;
}

async function lastBatch(client) {
  const { rows } = await client.query(
    'select extract(epoch from max(finished_at))::float8 * 1000 as ms from onward.data_migration_batch',
  );
  return rows[0].ms;
}
