// Measures Onward against its peers and limits: npm run bench [-- start plan apply stall roll proof backfill] [--json] [--quick]
// In Docker Compose: npm run bench roll -- --runtime compose [--node <image>] [--haproxy <image>] [--rate <requests a second>]
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apply } from './apply/bench.mjs';
import { backfill } from './backfill/bench.mjs';
import { oweRemoval, removeOwed } from './clean-up.mjs';
import { renderTable } from './figures.mjs';
import { lint } from './lint/bench.mjs';
import { precision } from './lint-precision/bench.mjs';
import { installTool } from './onward.mjs';
import { plan } from './plan/bench.mjs';
import { proof } from './proof/bench.mjs';
import { roll } from './roll/bench.mjs';
import { rollCompose } from './roll-compose/bench.mjs';
import { stall } from './stall/bench.mjs';
import { start } from './start/bench.mjs';

/**
 * One comparison. Its result is one JSON line; `rows` are for people, the first one is the heading.
 *
 * @typedef {object} Bench
 * @property {string} name
 * @property {string} title
 * @property {(context: Context) => Promise<Result>} measure
 *
 * @typedef {object} Context
 * @property {string} folder an empty one, removed afterwards
 * @property {import('./onward.mjs').Tool} tool
 * @property {boolean} isQuick small enough to see that it works; the figures mean little
 * @property {{ node: string, haproxy: string }} images that Docker has
 * @property {number} rate of the load on services in Docker, requests a second
 * @property {(text: string) => void} say
 *
 * @typedef {object} Result
 * @property {object} ours
 * @property {object} peers
 * @property {number | object} ratio
 * @property {number | object} goal
 * @property {boolean} met
 * @property {string[][]} rows
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    runtime: { type: 'string', default: 'process' },
    node: { type: 'string', default: 'node:20-slim' },
    haproxy: { type: 'string', default: 'haproxy:2.6' },
    rate: { type: 'string', default: '550' },
  },
});
/** @type {Record<string, readonly Bench[]>} */
const BY_RUNTIME = {
  process: [start, plan, apply, stall, roll, lint, proof, backfill, precision],
  compose: [rollCompose],
};
const BENCHES = BY_RUNTIME[values.runtime];
if (!BENCHES)
  throw new Error(`No bench is for ${values.runtime}; there are some for ${Object.keys(BY_RUNTIME).join(', ')}`);
const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench.name === name));
if (unknown.length > 0) {
  throw new Error(`No bench is called ${unknown.join(', ')}; there are ${BENCHES.map(({ name }) => name).join(', ')}`);
}
const chosen = BENCHES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const say = values.json ? console.error : console.log;

const folder = await mkdtemp(join(tmpdir(), 'onward-bench-'));
oweRemoval('The folder of the bench', () => rm(folder, { recursive: true, force: true }));
try {
  const tool = await installTool(folder);
  const results = [];
  for (const bench of chosen) results.push(await measure(bench, tool));
  const summary = Object.fromEntries(results.map((result) => [result.name, result]));
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    node: process.version,
    date: new Date().toISOString(),
  };
  const last = results.length === 1 ? results[0] : { benches: summary, met: results.every(({ met }) => met), machine };
  if (values.json) console.log(JSON.stringify(last));
} finally {
  await removeOwed();
}

/** @param {Bench} bench @param {import('./onward.mjs').Tool} tool */
async function measure(bench, tool) {
  say(`\n${bench.name}: ${bench.title}`);
  const load = loadavg()[0];
  const own = await mkdtemp(join(folder, `${bench.name}-`));
  const images = { node: values.node, haproxy: values.haproxy };
  const context = { folder: own, tool, images, rate: Number(values.rate), isQuick: values.quick, say: console.error };
  const { rows, ...figures } = await bench.measure(context);
  const { ours, peers, ratio, goal, met } = figures;
  const result = { name: bench.name, ours, peers, ratio, goal, met, loadBefore: round(load) };
  say(`\n${renderTable(rows)}`);
  say(JSON.stringify(result));
  return result;
}

function round(value = 0) {
  return Math.round(value * 100) / 100;
}
