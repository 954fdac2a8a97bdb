import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../command.mjs';
import { median, renderMs, round } from '../figures.mjs';
import { connect, startPostgres } from '../postgres.mjs';
import { CHANGE, renderSchema, renderStatements, STATEMENTS_PER_TABLE } from './shop.mjs';

const LIMIT_MS = 2_000;
/** Statements that the change hurts, by what becomes of them. */
const HURT = { breaks: 5, 'shape changed': 0, 'not provable': 0 };

/** @type {import('../run.mjs').Bench} */
export const proof = {
  name: 'proof',
  title:
    'recorded statements proved on a schema and its successor; no other tool does that, so there is a limit instead',
  async measure({ folder, tool, isQuick, say }) {
    const tables = isQuick ? 10 : 100;
    const rounds = isQuick ? 1 : 5;
    const settings = { shared_preload_libraries: 'pg_stat_statements', max_locks_per_transaction: '512' };
    const server = await startPostgres({ isDurable: false, settings });
    try {
      const files = await writeFiles(folder, tables);
      await sendStatements(await server.createDatabase('running'), tables);
      await tool.run(['record', `${server.url}/running`, '-o', files.queries]);
      await assertRecorded(files.queries, tables);
      const times = [];
      for (let turn = 0; turn < rounds; turn += 1) {
        say(`round ${turn + 1} of ${rounds}`);
        times.push(await measureOne(tool, server.url, files));
      }
      return conclude(times, tables);
    } finally {
      await server.remove();
    }
  },
};

async function writeFiles(folder, tables) {
  const files = {
    before: join(folder, 'before.sql'),
    after: join(folder, 'after.sql'),
    queries: join(folder, 'queries.json'),
  };
  const schema = renderSchema(tables);
  await writeFile(files.before, schema);
  await writeFile(files.after, schema + CHANGE);
  return files;
}

async function sendStatements(url, tables) {
  const client = await connect(url, 'bench application');
  await client.query(renderSchema(tables));
  await client.query('create extension pg_stat_statements');
  for (let number = 1; number <= tables; number += 1) {
    for (const statement of renderStatements(number)) await client.query(statement);
  }
  await client.end();
}

async function assertRecorded(path, tables) {
  const { statements } = JSON.parse(await readFile(path, 'utf8'));
  const expected = tables * STATEMENTS_PER_TABLE;
  if (statements.length !== expected) throw new Error(`${statements.length} statements were recorded, not ${expected}`);
}

async function measureOne(tool, url, { before, after, queries }) {
  const args = [
    'prove',
    '--before',
    before,
    '--after',
    after,
    '--queries',
    queries,
    '--on',
    `${url}/postgres`,
    '--json',
  ];
  const { stdout, stderr, exit, ms } = await runCommand([process.execPath, tool.program, ...args]);
  if (exit !== 1) throw new Error(`onward prove ended with ${exit}: ${stderr}`);
  const { statements, durations } = JSON.parse(stdout);
  for (const [kind, expected] of Object.entries(HURT)) {
    const found = statements.filter(({ verdict }) => verdict.kind === kind);
    if (found.length === expected) continue;
    throw new Error(`${found.length} are ${kind}, not ${expected}: ${JSON.stringify(found.slice(0, 8), undefined, 1)}`);
  }
  const { prepareMs, planMs, runMs } = durations;
  return { prepare: prepareMs, plan: planMs, run: runMs, proof: prepareMs + planMs + runMs, command: ms };
}

function conclude(times, tables) {
  const of = (name) => times.map((time) => time[name]);
  const ours = Object.fromEntries(Object.keys(times[0]).map((name) => [name, Math.round(median(of(name)))]));
  const ratio = round(ours.proof / LIMIT_MS);
  const share = (name) => `${Math.round((100 * ours[name]) / ours.proof)} %`;
  const rows = [
    [`${tables * STATEMENTS_PER_TABLE} statements, ${tables} tables`, 'time', 'share'],
    ...['prepare', 'plan', 'run'].map((name) => [name, renderMs(of(name)), share(name)]),
    ['proof', renderMs(of('proof')), `limit ${LIMIT_MS} ms`],
    ['whole command, with both schemas made', renderMs(of('command')), ''],
  ];
  return { ours, peers: {}, ratio, goal: 1, met: ratio <= 1, rows };
}
