import { setTimeout as sleep } from 'node:timers/promises';
import { median, renderMs, round } from '../figures.mjs';
import { connect, startPostgres } from '../postgres.mjs';
import { startClients } from './clients.mjs';
import { loadEngine } from './engine.mjs';
import { FORMS } from './forms.mjs';
import { measureReaction } from './reaction.mjs';

const GOAL = { rate: 0.9, p99: 1.2 };
const SETTINGS = { autovacuum: 'off', max_wal_size: '8GB', checkpoint_timeout: '30min' };
const CHANGE = `first = split_part(name, ' ', 1)`;
const DECLARED = {
  kind: 'sql',
  id: 'split-names',
  database: 'core',
  table: 'customer',
  key: ['id'],
  change: { kind: 'update', set: CHANGE },
  where: 'first is null',
  verify: 'select count(*) from customer where first is null',
  before: 'postdeploy',
  batch: { rows: 1_000, targetMs: 250 },
};

/** @type {import('../run.mjs').Bench} */
export const backfill = {
  name: 'backfill',
  title: 'rows brought into a new shape in batches, beside one UPDATE, and what the application notices',
  async measure({ isQuick }) {
    const rows = isQuick ? 100_000 : 1_000_000;
    const engine = await loadEngine();
    const server = await startPostgres({ settings: { ...SETTINGS, ...engine.REPLICATED } });
    try {
      const bench = await createBench(engine, server, rows);
      const rates = await measureRates(bench, isQuick ? 1 : 5);
      const forms = await measureForms(bench, Math.min(rows, 200_000));
      const p99 = await measureP99(bench, isQuick ? { rounds: 1, ms: 2_000 } : { rounds: 5, ms: 5_000 });
      const reaction = await measureReaction(bench);
      return conclude({ rows, rates, forms, p99, reaction });
    } finally {
      await server.remove();
    }
  },
};

async function createBench(engine, server, rows) {
  const system = engine.createSystem({ environment: {}, onEvent: () => {} });
  const targetOf = (url) => engine.resolveConnectionTarget({ url, origin: 'bench', environment: {} });
  const bench = {
    engine,
    system,
    server,
    rows,
    /** A new database with its table, in which no batch has run. */
    async prepare(name, count = rows) {
      const url = await server.createDatabase(name);
      const session = await system.postgres.connect(await targetOf(url), { applicationName: 'bench setup' });
      await engine.createLedger(system, session);
      await session.query(`insert into onward.fence (deployment, epoch) values ('shop', 1)`);
      await session.query(
        `create table customer (id bigint primary key, name text not null, first text, visits int not null default 0, note text not null);
         insert into customer (id, name, note) select n, 'name' || n || ' of family', repeat('x', 80) from generate_series(1, ${count}) as n`,
      );
      await session.query('vacuum (analyze, freeze) customer');
      await session.close();
      await server.checkpoint();
      return url;
    },
    async run(url, options = {}) {
      const own = { declared: DECLARED, target: await targetOf(url), release: '1.1.0', run: 'bench' };
      return engine.runDataMigration(system, { ...own, fence: { deployment: 'shop', epoch: 1 }, ...options });
    },
  };
  return bench;
}

async function timed(work) {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** In turns, each in a database of its own. */
async function measureRates(bench, rounds) {
  const ms = { one: [], onward: [], batches: [] };
  for (let turn = 0; turn < rounds; turn += 1) {
    const one = await connect(await bench.prepare(`one_${turn}`), 'bench');
    ms.one.push(await timed(() => one.query(`update customer set ${CHANGE} where first is null`)));
    await one.end();
    await bench.server.dropDatabase(`one_${turn}`);
    const url = await bench.prepare(`onward_${turn}`);
    let lastBatchAt = 0;
    const startedAt = performance.now();
    const onEvent = ({ type }) => {
      if (type === 'data.progress') lastBatchAt = performance.now();
    };
    ms.onward.push(await timed(() => bench.run(url, { onEvent })));
    ms.batches.push(lastBatchAt - startedAt);
    await bench.server.dropDatabase(`onward_${turn}`);
  }
  return ms;
}

async function measureForms(bench, count) {
  const rates = {};
  for (const [name, form] of Object.entries(FORMS)) {
    rates[name] = {};
    for (const rows of [1_000, 10_000, 50_000]) {
      const client = await connect(await bench.prepare('form', count), 'bench');
      const ms = await timed(() => form(client, rows));
      await client.end();
      await bench.server.dropDatabase('form');
      rates[name][rows] = Math.round((count * 1_000) / ms);
    }
  }
  return rates;
}

/** In turns without a data migration and beside one that may do 4,000 rows a second; then beside one that presses as hard as it can. */
async function measureP99(bench, { rounds, ms }) {
  const url = await bench.prepare('busy');
  const clients = await startClients(url, bench.rows);
  const watch = async (pacing) => {
    const stop = new AbortController();
    await sleep(ms / 4);
    await clients.takeP99();
    // It goes on where the last one was stopped.
    const running = pacing
      ? bench.run(url, { signal: stop.signal, pacing: { ...bench.engine.DEFAULT_PACING, ...pacing } }).catch(() => {})
      : sleep(ms);
    await Promise.race([running, sleep(ms)]);
    const p99 = await clients.takeP99();
    stop.abort(new Error('It was watched for long enough'));
    await running;
    return p99;
  };
  const none = [];
  const throttled = [];
  await watch();
  for (let turn = 0; turn < rounds; turn += 1) {
    none.push(await watch());
    throttled.push(await watch({ rowsPerSecond: 4_000 }));
  }
  const free = await watch({});
  await clients.stop();
  await bench.server.dropDatabase('busy');
  return { none: round(median(none)), free: round(free), throttled: round(median(throttled)) };
}

function conclude({ rows, rates, forms, p99, reaction }) {
  const perSecond = (ms) => Math.round((rows * 1_000) / median(ms));
  const rate = round(median(rates.one) / median(rates.onward), 3);
  const ours = {
    rowsPerSecond: perSecond(rates.onward),
    p99Ms: p99.throttled,
    p99UnthrottledMs: p99.free,
    ...reaction,
  };
  const row = (name, ms) => [
    name,
    renderMs(ms),
    String(perSecond(ms)),
    String(round(median(rates.one) / median(ms), 3)),
  ];
  return {
    ours,
    peers: { oneUpdate: perSecond(rates.one), p99Ms: p99.none, forms },
    ratio: { rate, p99: round(p99.throttled / p99.none) },
    goal: GOAL,
    met: rate >= GOAL.rate && p99.throttled / p99.none <= GOAL.p99,
    rows: [
      ['', 'time', 'rows a second', 'of one UPDATE'],
      row('one UPDATE', rates.one),
      row('onward', rates.onward),
      row('onward, without verification', rates.batches),
      ...Object.entries(forms).flatMap(([name, of]) =>
        Object.entries(of).map(([size, found]) => [`${name}, ${size} rows`, '', String(found), '']),
      ),
      ['p99 without a data migration', `${p99.none} ms`, '', ''],
      ['p99 beside one, unthrottled', `${p99.free} ms`, '', ''],
      ['p99 beside one, 4,000 rows a second', `${p99.throttled} ms`, '', ''],
      ['last batch after the limit of lag', `${reaction.stopMs} ms`, '', ''],
      ['first batch after the standby caught up', `${reaction.goOnMs} ms`, '', ''],
    ],
  };
}
