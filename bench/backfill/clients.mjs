import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../postgres.mjs';

const CLIENTS = 8;
const EVERY_MS = 20;

/**
 * The application: eight sessions on an open loop, each with one statement every 20 ms whether or not the last one was quick, in turns a
 * read and a write of one row. The time of a statement is counted from when it was due.
 *
 * @param {string} url @param {number} rows of the table
 */
export async function startClients(url, rows) {
  const state = { isRunning: true };
  let seen = [];
  const sessions = [];
  for (let client = 0; client < CLIENTS; client += 1) {
    const session = await connect(url, 'app');
    sessions.push(run(session, client, { state, rows, note: (ms) => seen.push(ms) }));
  }
  return {
    /** The 99th of a hundred, in milliseconds, since the last call. */
    takeP99() {
      const sorted = seen.sort((a, b) => a - b);
      seen = [];
      return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    },
    async stop() {
      state.isRunning = false;
      await Promise.all(sessions);
    },
  };
}

async function run(session, client, { state, rows, note }) {
  const startedAt = performance.now() + (client * EVERY_MS) / CLIENTS;
  for (let turn = 0; state.isRunning; turn += 1) {
    const dueAt = startedAt + turn * EVERY_MS;
    const early = dueAt - performance.now();
    if (early > 0) await sleep(early);
    const id = 1 + ((turn * 7919 + client * 104_729) % rows);
    const sql =
      turn % 2 === 0
        ? 'select name from customer where id = $1'
        : 'update customer set visits = visits + 1 where id = $1';
    await session.query(sql, [id]);
    note(performance.now() - dueAt);
  }
  await session.end();
}
