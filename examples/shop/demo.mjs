// The shop goes from 1.0.0 to 1.2.0 and is brought back from 1.3.0, under load: npm run demo. With --full it goes on to 1.4.0, which moves the
// rows of a table into another.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectEvidence } from '../demo/evidence.mjs';
import { copyChanged } from '../demo/files.mjs';
import { endLeftovers } from '../demo/leftovers.mjs';
import { startLoads } from '../demo/load.mjs';
import { tryBroken, upgradeTo } from '../demo/moves.mjs';
import { createOnward } from '../demo/onward.mjs';
import { readOptions } from '../demo/options.mjs';
import { choosePorts } from '../demo/ports.mjs';
import { runDemo } from '../demo/run-demo.mjs';
import { createVendor } from '../demo/vendor.mjs';
import { mendShop, playBilling } from './demo/billing.mjs';
import { startPostgres } from './demo/postgres.mjs';
import { findFaults, renderGuide, renderSummary } from './demo/summary.mjs';
import { countBilling } from './load.mjs';
import { seedShop } from './seed.mjs';

const INVOICES = 300_000;
const LIMIT_MINUTES = { short: 10, full: 14 };

const OPTIONS = {
  full: ['', 'go on to 1.4.0, which moves the lines of 300,000 invoices to rows'],
  keep: ['', 'leave the shop running until Ctrl-C'],
};
const options = readOptions('npm run demo --', OPTIONS, { rate: 120 });
const limitMinutes = options.full ? LIMIT_MINUTES.full : LIMIT_MINUTES.short;
await runDemo({ ...options, limitMinutes }, { prepare, play, findFaults, renderSummary, renderGuide });

/** A server, the first release, and the shop at 1.0.0 with a past. */
async function prepare(stage) {
  const folder = await mkdtemp(join(tmpdir(), 'onward-shop-'));
  stage.onEnd(() => rm(folder, { recursive: true }));
  stage.say('Starting Postgres');
  const databaseUrl = await startPostgres(stage, { hasStatistics: options.full });
  const environment = { SHOP_DATABASE_URL: databaseUrl };
  const onward = createOnward({ directory: folder, environment, signal: stage.signal });
  const vendor = createVendor({ onward, folder });
  stage.say('The vendor publishes 1.0.0');
  await vendor.publish('1.0.0');

  const [webPort, apiPort] = await choosePorts(2);
  const ports = { '127.0.0.1:8080': `127.0.0.1:${webPort}`, '127.0.0.1:8081': `127.0.0.1:${apiPort}` };
  await copyChanged(new URL('onward.yaml', import.meta.url), join(folder, 'onward.yaml'), ports);
  stage.onEnd(() => endLeftovers(folder));
  stage.onEnd(onward.takeDown);
  stage.say('Installing 1.0.0');
  await onward.must('channel set stable 1.0.0');
  await onward.must('provision --yes');
  stage.say('Adding 200,000 orders');
  await seedShop(databaseUrl);
  return { folder, databaseUrl, onward, vendor, url: `http://127.0.0.1:${webPort}` };
}

/** The upgrade to 1.2.0, the attempt at 1.3.0 and, in full, the way to 1.4.0, under load from before the first to after the last. */
async function play(stage, { databaseUrl, onward, vendor, url }) {
  stage.say(`Starting the load: ${options.rate} requests a second, half of them over new connections`);
  const load = await startLoads(stage, [{ url, rate: options.rate }]);
  const place = { ...stage, onward, vendor, load };
  await stage.calm();
  await upgradeTo(['1.1.0', '1.2.0'], place);
  await stage.calm();
  const attempt = await tryBroken(place);
  await stage.calm();
  const billing = options.full ? await bill({ ...place, databaseUrl }) : undefined;

  const [{ acknowledgedIds, carried, failed, failures, releases, latency }] = await load.stop();
  return {
    ...(await collectEvidence({ onward, databaseUrl, attempt, acknowledgedIds })),
    ...{ carried, failed, failures, releases, latency },
    billing: billing ? { ...billing, ...(await countBilling(databaseUrl, billing.since)) } : null,
  };
}

async function bill(place) {
  await mendShop(place);
  return playBilling({ ...place, invoices: INVOICES });
}
