// The sessions of the application, in a thread of their own: what the data migration computes in this process must not make them late.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from '../postgres.mjs';

const CLIENTS = 8;
const EVERY_MS = 20;

const { url, rows } = workerData;
const state = { isRunning: true };
let seen = [];
const sessions = [];
for (let client = 0; client < CLIENTS; client += 1) {
  const session = await connect(url, 'app');
  sessions.push(run(session, client, { state, rows, note: (ms) => seen.push(ms) }));
}
parentPort.on('message', async (message) => {
  if (message === 'take') {
    const sorted = seen.sort((a, b) => a - b);
    seen = [];
    parentPort.postMessage(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
    return;
  }
  state.isRunning = false;
  await Promise.all(sessions);
  parentPort.postMessage('stopped');
  parentPort.close();
});
parentPort.postMessage('started');

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
