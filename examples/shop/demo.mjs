// The shop goes from 1.0.0 to 1.2.0 and is brought back from 1.3.0, under load: npm run demo [-- --json] [-- --keep]
// It goes on to 1.4.0, which moves the rows of a table into another: npm run demo -- --full
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildShop } from './build.mjs';
import { BILLING_RELEASES, mendShop, playBilling } from './demo/billing.mjs';
import { endLeftovers } from './demo/leftovers.mjs';
import { createOnward } from './demo/onward.mjs';
import { choosePorts } from './demo/ports.mjs';
import { startPostgres } from './demo/postgres.mjs';
import { readRuns } from './demo/steps.mjs';
import { findFaults, renderGuide, renderSummary } from './demo/summary.mjs';
import { renderDeployment } from './deployment.mjs';
import { countBilling, countShifts, countWrites, startLoad } from './load.mjs';
import { seedShop } from './seed.mjs';

const RELEASES = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];
const CALM_MS = 5_000;
const LIMIT_MS = 10 * 60_000;
const INVOICES = 300_000;
const ROLLED_BACK = 3;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const isJson = process.argv.includes('--json');
const isFull = process.argv.includes('--full');
const isKept = process.argv.includes('--keep');
const interrupt = new AbortController();
/** Undone in reverse order, however the demo ends. @type {(() => Promise<unknown>)[]} */
const cleanUps = [];

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupt.abort(new Error('Interrupted')));
const limit = setTimeout(() => interrupt.abort(new Error('The demo took longer than ten minutes')), LIMIT_MS);
try {
  const place = await prepare();
  const summary = await play(place);
  clearTimeout(limit);
  say(`\n${renderSummary(summary)}`);
  if (isJson) console.log(JSON.stringify(summary));
  const faults = findFaults(summary);
  for (const fault of faults) console.error(`Not as promised: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
  if (isKept) await keep(place);
} catch (error) {
  console.error(interrupt.signal.aborted ? `${interrupt.signal.reason.message}.` : error);
  process.exitCode = 1;
} finally {
  clearTimeout(limit);
  say('\nCleaning up');
  for (const cleanUp of cleanUps.reverse()) await cleanUp().catch((error) => console.error(error.message));
}

/** A server, the built releases, and the shop at 1.0.0 with a past. */
async function prepare() {
  const folder = await mkdtemp(join(tmpdir(), 'onward-shop-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  say('Starting Postgres');
  const postgres = await startPostgres({ hasStatistics: isFull });
  cleanUps.push(postgres.remove);
  const { databaseUrl } = postgres;
  const environment = { SHOP_DATABASE_URL: databaseUrl };
  const onward = createOnward({ directory: folder, environment, signal: interrupt.signal });

  for (const version of isFull ? [...RELEASES, ...BILLING_RELEASES] : RELEASES) {
    say(`Building release ${version}`);
    await buildShop(version, join(folder, 'product', version));
    await onward.must(`release build ${version} --product product/${version}/product.yaml`);
  }
  const [webPort, apiPort] = await choosePorts(2);
  await writeFile(join(folder, 'onward.yaml'), renderDeployment({ webPort, apiPort }));
  cleanUps.push(() => endLeftovers(folder), onward.takeDown);

  say('Installing 1.0.0');
  await onward.must('channel set stable 1.0.0');
  await onward.must('provision --yes');
  say('Adding 200,000 orders');
  await seedShop(databaseUrl);
  return { folder, databaseUrl, onward, url: `http://127.0.0.1:${webPort}` };
}

/** The upgrade to 1.2.0, the attempt at 1.3.0 and, in full, the way to 1.4.0, under load from before the first to after the last. */
async function play({ folder, databaseUrl, onward, url }) {
  say('Starting the load: 120 requests a second, half of them over new connections');
  const load = await startLoad({ url });
  cleanUps.push(load.abandon);
  await calm();

  say('The vendor publishes 1.2.0, and the operator upgrades\n');
  await onward.must('channel set stable 1.2.0');
  await load.mark('to 1.2.0');
  await onward.run('upgrade --yes');
  await load.mark('on 1.2.0');
  await calm();

  say('\nThe operator tries 1.3.0, which is broken\n');
  await load.mark('try 1.3.0');
  const attempt = await onward.run('upgrade --version 1.3.0 --yes');
  await load.mark('after');
  await calm();
  const billing = isFull ? await bill({ onward, databaseUrl, load }) : undefined;

  const { acknowledgedIds, ...report } = await load.stop();
  const writes = await countWrites(databaseUrl, acknowledgedIds);
  const schedulers = await countShifts(databaseUrl);
  const status = JSON.parse(await onward.must('status --json'));
  return {
    carried: report.carried,
    failed: report.failed,
    failures: report.failures,
    acknowledgedOrders: acknowledgedIds.length,
    lostWrites: writes.lost,
    doubledWrites: writes.doubled,
    schedulers: schedulers.shifts,
    schedulerOverlaps: schedulers.overlaps,
    release: status.release,
    rolledBack: attempt.exit === ROLLED_BACK ? '1.3.0' : null,
    releases: report.releases,
    latency: report.latency,
    runs: await readRuns(join(folder, '.onward')),
    billing: billing ? { ...billing, ...(await countBilling(databaseUrl, billing.since)) } : null,
  };
}

async function bill({ onward, databaseUrl, load }) {
  const place = { onward, databaseUrl, load, say, calm };
  await mendShop(place);
  return playBilling({ ...place, invoices: INVOICES });
}

async function keep({ folder, databaseUrl, onward, url }) {
  say(`\n${renderGuide({ folder, databaseUrl, url, program: onward.program })}`);
  await sleep(LONGEST_TIMER_MS, undefined, { signal: interrupt.signal }).catch(() => {});
}

/** A while in which nothing happens but load. */
async function calm() {
  await sleep(CALM_MS, undefined, { signal: interrupt.signal });
}

/** Standard output is for people, or for the one line of JSON. @param {string} text */
function say(text) {
  if (isJson) console.error(text);
  else console.log(text);
}
