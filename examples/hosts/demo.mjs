// The shop on three hosts goes from 1.0.0 to 1.2.0 and is brought back from 1.3.0, under load:
// node demo.mjs --ssh-config <file with eu-1, eu-2 and us-1> --database <url of an empty database> [--json]
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildShop } from '../shop/build.mjs';
import { endLeftovers } from '../shop/demo/leftovers.mjs';
import { createOnward } from '../shop/demo/onward.mjs';
import { choosePorts } from '../shop/demo/ports.mjs';
import { readRuns } from '../shop/demo/steps.mjs';
import { countShifts, countWrites, startLoad } from '../shop/load.mjs';
import { endConnections } from './demo/connections.mjs';
import { findFaults, renderSummary } from './demo/summary.mjs';
import { findDisturbed, listAllUnits } from './demo/units.mjs';

const EXAMPLE = fileURLToPath(new URL('.', import.meta.url));
const HOSTS = ['eu-1', 'eu-2', 'us-1'];
const REGIONS = ['api-eu', 'api-us'];
const RELEASES = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];
const ROLLED_BACK = 3;
const LIMIT_MINUTES = 10;

const { values: options } = parseArgs({
  options: {
    'ssh-config': { type: 'string' },
    database: { type: 'string' },
    json: { type: 'boolean', default: false },
    calm: { type: 'string', default: '5' },
    rate: { type: 'string', default: '60' },
  },
});
const { database, 'ssh-config': sshConfig } = options;
if (!database || !sshConfig) throw new Error('Usage: node demo.mjs --ssh-config <file> --database <url> [--json]');
const interrupt = new AbortController();
const { signal } = interrupt;
/** Undone in reverse order, however the demo ends. @type {(() => Promise<unknown>)[]} */
const cleanUps = [];

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupt.abort(new Error('Interrupted')));
const tooLong = new Error(`The demo took longer than ${LIMIT_MINUTES} minutes`);
const limit = setTimeout(() => interrupt.abort(tooLong), LIMIT_MINUTES * 60_000);
try {
  const place = await prepare();
  const summary = await play(place);
  say(`\n${renderSummary(summary)}`);
  if (options.json) console.log(JSON.stringify(summary));
  const faults = findFaults(summary);
  for (const fault of faults) console.error(`Not as promised: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} catch (error) {
  console.error(signal.aborted ? `${signal.reason.message}.` : error);
  process.exitCode = 1;
} finally {
  clearTimeout(limit);
  say('\nCleaning up');
  for (const cleanUp of cleanUps.reverse()) await cleanUp().catch((error) => console.error(error.message));
}

/** The releases, hosts that have the units, and the shop at 1.0.0 on them. */
async function prepare() {
  const folder = await mkdtemp(join(tmpdir(), 'onward-shop-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  const directory = join(folder, 'operator');
  const urls = await writeOperator(directory);
  const onward = createOnward({ directory, environment: { SHOP_DATABASE_URL: database }, signal });
  say('Preparing the hosts');
  await Promise.all(HOSTS.map((host) => onward.must(`provision --host ${host} --yes`)));
  await publishReleases(folder, onward);
  cleanUps.push(
    () => endLeftovers(folder),
    () => endConnections(directory, HOSTS),
    onward.takeDown,
  );
  say('Installing 1.0.0');
  await onward.must('channel set stable 1.0.0');
  await onward.must('provision --yes');
  return { directory, onward, urls };
}

/** The operator's files as they stand here, with ports that are free. Returns where each region is open to the world. */
async function writeOperator(directory) {
  await mkdir(directory);
  await copyFile(resolve(sshConfig), join(directory, 'ssh_config'));
  const [eu, us] = await choosePorts(2);
  const text = await readFile(join(EXAMPLE, 'onward.yaml'), 'utf8');
  const own = text.replaceAll('127.0.0.1:8081', `127.0.0.1:${eu}`).replaceAll('127.0.0.1:8082', `127.0.0.1:${us}`);
  await writeFile(join(directory, 'onward.yaml'), own);
  return [`http://127.0.0.1:${eu}`, `http://127.0.0.1:${us}`];
}

async function publishReleases(folder, onward) {
  for (const version of RELEASES) {
    say(`Publishing release ${version}`);
    const vendor = join(folder, 'product', version);
    await buildShop(version, vendor);
    await copyFile(join(EXAMPLE, 'product.yaml'), join(vendor, 'product.yaml'));
    await onward.must(['release', 'build', version, '--product', join(vendor, 'product.yaml')]);
  }
}

/** The way to 1.2.0 and the attempt at 1.3.0, with load on both regions from before the first to after the last. */
async function play({ directory, onward, urls }) {
  say(`Starting the load: ${options.rate} requests a second on each region, half of them over new connections`);
  const loads = await Promise.all(urls.map(startRegionLoad));
  await calm();
  const disturbed = new Set();
  for (const [version, changed] of [
    ['1.1.0', ['api-eu', 'api-us', 'worker']],
    ['1.2.0', ['api-eu', 'api-us', 'scheduler']],
  ]) {
    say(`\nThe vendor publishes ${version}, and the operator upgrades\n`);
    const before = await listUnits();
    await onward.must(`channel set stable ${version}`);
    await onward.run('upgrade --yes');
    for (const unit of findDisturbed(before, await listUnits(), changed)) disturbed.add(unit);
    await calm();
  }

  say('\nThe operator tries 1.3.0, which is broken: the canary, eu-1, never becomes ready\n');
  const before = await listUnits();
  const attempt = await onward.run('upgrade --version 1.3.0 --yes');
  const after = await listUnits();
  await calm();
  const reports = await Promise.all(loads.map((load) => load.stop()));
  const acknowledged = reports.flatMap(({ acknowledgedIds }) => acknowledgedIds);
  const writes = await countWrites(database, acknowledged);
  return {
    release: JSON.parse(await onward.must('status --json')).release,
    rolledBack: attempt.exit === ROLLED_BACK ? '1.3.0' : null,
    regions: reports.map(({ carried, failed, failures }, i) => ({ region: REGIONS[i], carried, failed, failures })),
    acknowledgedOrders: acknowledged.length,
    lostWrites: writes.lost,
    doubledWrites: writes.doubled,
    schedulerOverlaps: (await countShifts(database)).overlaps,
    disturbed: [...disturbed],
    notBack: findDisturbed(before, after),
    units: after.map(({ host, unit }) => `${host} ${unit}`),
    runs: (await readRuns(join(directory, '.onward'))).map(({ title, seconds }) => ({ title, seconds })),
  };
}

async function startRegionLoad(url) {
  const load = await startLoad({ url, rate: Number(options.rate), front: 'api' });
  cleanUps.push(load.abandon);
  return load;
}

function listUnits() {
  return listAllUnits(sshConfig, HOSTS);
}

/** A while in which nothing happens but load. */
async function calm() {
  await sleep(Number(options.calm) * 1_000, undefined, { signal });
}

/** Standard output is for people, or for the one line of JSON. @param {string} text */
function say(text) {
  if (options.json) console.error(text);
  else console.log(text);
}
