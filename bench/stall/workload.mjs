import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../postgres.mjs';

const WRITERS = 8;
const PAUSE_MS = 2;
const TRANSACTION_MS = 3_000;
const GAP_MS = 700;

/**
 * The application: writers that each update rows of their own in one table, and a reader that keeps a transaction open on it for
 * three seconds, with short gaps. Its sessions are called `app`.
 *
 * @param {string} url
 */
export async function startWorkload(url) {
  const setup = await connect(url, 'bench setup');
  await setup.query('create table hot (id int primary key, counter bigint not null default 0) with (fillfactor = 50)');
  await setup.query(`insert into hot select generate_series(1, ${WRITERS})`);
  await setup.end();
  const state = { isRunning: true, longestMs: 0, statements: 0, onReaderBegan: () => {} };
  const sessions = [];
  for (let id = 1; id <= WRITERS; id += 1) sessions.push(write(await connect(url, 'app'), id, state));
  sessions.push(read(await connect(url, 'app'), state));
  return {
    /** Resolves when the reader's next transaction has begun to hold its lock. @returns {Promise<void>} */
    readerBegan: () =>
      new Promise((resolve) => {
        state.onReaderBegan = resolve;
      }),
    /** What the writers saw since the last call. */
    takeSeen() {
      const seen = { longestMs: state.longestMs, statements: state.statements };
      state.longestMs = 0;
      state.statements = 0;
      return seen;
    },
    async stop() {
      state.isRunning = false;
      await Promise.all(sessions);
    },
  };
}

async function write(client, id, state) {
  while (state.isRunning) {
    const startedAt = performance.now();
    await client.query('update hot set counter = counter + 1 where id = $1', [id]);
    state.longestMs = Math.max(state.longestMs, performance.now() - startedAt);
    state.statements += 1;
    await sleep(PAUSE_MS);
  }
  await client.end();
}

async function read(client, state) {
  while (state.isRunning) {
    await client.query('begin');
    await client.query('select sum(counter) from hot');
    state.onReaderBegan();
    await sleep(TRANSACTION_MS);
    await client.query('commit');
    await sleep(GAP_MS);
  }
  await client.end();
}
