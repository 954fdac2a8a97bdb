// The shop in Docker Compose goes from 1.0.0 to 1.2.0 and is brought back from 1.3.0, under load: node demo.mjs [--pull] [--json] [--keep]
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildShop } from '../shop/build.mjs';
import { createOnward } from '../shop/demo/onward.mjs';
import { readRuns } from '../shop/demo/steps.mjs';
import { countShifts, countWrites, startLoad } from '../shop/load.mjs';
import { seedShop } from '../shop/seed.mjs';
import { hasImage, listContainers } from './demo/docker.mjs';
import { createImages } from './demo/images.mjs';
import { createOperator } from './demo/operator.mjs';
import { readOverride } from './demo/override.mjs';
import { startRegistry } from './demo/registry.mjs';
import { findFaults, renderSummary } from './demo/summary.mjs';
import { findDisturbed, isSame } from './demo/touched.mjs';

const PRODUCT = fileURLToPath(new URL('product.yaml', import.meta.url));
const RELEASES = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];
const ROLLED_BACK = 3;
const LIMIT_MINUTES = 10;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const { values: options } = parseArgs({
  options: {
    pull: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    node: { type: 'string', default: 'node:20-slim' },
    postgres: { type: 'string', default: 'postgres:15' },
    haproxy: { type: 'string', default: 'haproxy:2.6' },
    registry: { type: 'string' },
    project: { type: 'string', default: `onward-shop-${randomBytes(4).toString('hex')}` },
    calm: { type: 'string', default: '5' },
    rate: { type: 'string', default: '120' },
    'inside-rate': { type: 'string', default: '60' },
  },
});
const { project } = options;
const [rate, insideRate] = [Number(options.rate), Number(options['inside-rate'])];
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
  clearTimeout(limit);
  say(`\n${renderSummary(summary)}`);
  if (options.json) console.log(JSON.stringify(summary));
  const faults = findFaults(summary);
  for (const fault of faults) console.error(`Not as promised: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
  if (options.keep) await keep(place);
} catch (error) {
  console.error(signal.aborted ? `${signal.reason.message}.` : error);
  process.exitCode = 1;
} finally {
  clearTimeout(limit);
  say('\nCleaning up');
  for (const cleanUp of cleanUps.reverse()) await cleanUp().catch((error) => console.error(error.message));
}

/** A registry with the releases, and the shop at 1.0.0 with a past, behind HAProxy. */
async function prepare() {
  const { node, postgres, haproxy } = options;
  for (const image of options.pull ? [] : [node, postgres, haproxy]) {
    if (!(await hasImage(image)))
      throw new Error(`This engine does not have ${image}: pass --pull, or name another one`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'onward-shop-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  const registry = options.registry ?? (await startOwnRegistry(folder));
  const directory = join(folder, 'operator');
  const operator = await createOperator(directory, {
    project,
    registry,
    images: { node, postgres, haproxy },
    insideRate,
  });
  const onward = createOnward({ directory, environment: {}, signal });
  await publishReleases(folder, { registry, onward });

  say('Starting Postgres and HAProxy');
  cleanUps.push(() => operator.compose('--profile * down --volumes --remove-orphans --timeout 3'));
  await operator.compose('up --detach --wait db haproxy', signal);
  say('Installing 1.0.0');
  await onward.must('channel set stable 1.0.0');
  await onward.must('provision --yes');
  say('Adding 200,000 orders');
  await seedShop(operator.databaseUrl);
  return { ...operator, directory, onward };
}

/** @param {string} folder */
async function startOwnRegistry(folder) {
  const registry = await startRegistry(folder);
  cleanUps.push(registry.close);
  return registry.host;
}

/** As the vendor does: images first, then the release that pins them. */
async function publishReleases(folder, { registry, onward }) {
  const images = createImages({ project, registry, base: options.node, signal });
  cleanUps.push(images.remove);
  const product = await readFile(PRODUCT, 'utf8');
  for (const version of RELEASES) {
    say(`Publishing release ${version}`);
    const vendor = join(folder, 'product', version);
    await buildShop(version, vendor);
    await writeFile(join(vendor, 'product.yaml'), product.replaceAll('registry.example', registry));
    await images.publish(version, join(vendor, 'dist'));
    await onward.must(['release', 'build', version, '--product', join(vendor, 'product.yaml'), '--to', '../releases']);
  }
}

/** The way to 1.2.0 and the attempt at 1.3.0, under load from before the first to after the last. */
async function play({ directory, compose, databaseUrl, url, onward }) {
  say(
    `Starting the load: ${rate} requests a second from outside and ${insideRate} between services, half of them over new connections`,
  );
  const load = await startLoad({ url, rate });
  cleanUps.push(load.abandon);
  await compose('--profile load up --detach load', signal);
  await calm();

  const before = await listContainers(project);
  const disturbed = new Set();
  for (const [version, changed] of [
    ['1.1.0', ['api', 'web', 'worker']],
    ['1.2.0', ['api', 'scheduler']],
  ]) {
    say(`\nThe vendor publishes ${version}, and the operator upgrades\n`);
    const then = await listContainers(project);
    await onward.must(`channel set stable ${version}`);
    await load.mark(`to ${version}`);
    await onward.run('upgrade --yes');
    await load.mark(`on ${version}`);
    for (const service of findDisturbed(then, await listContainers(project), changed)) disturbed.add(service);
    await calm();
  }

  say('\nThe operator tries 1.3.0, which is broken\n');
  await load.mark('try 1.3.0');
  const attempt = await onward.run('upgrade --version 1.3.0 --yes');
  await load.mark('after');
  for (const service of findDisturbed(before, await listContainers(project), ['api', 'web', 'worker', 'scheduler']))
    disturbed.add(service);

  say('\nThe operator types "docker compose up -d"');
  const settled = await listContainers(project);
  await compose('up --detach', signal);
  const isLeftAlone = isSame(settled, await listContainers(project));
  await calm();

  const { acknowledgedIds, ...report } = await load.stop();
  await compose('--profile load stop load', signal);
  const inside = parseReport(await compose('--profile load logs --no-log-prefix load'));
  const writes = await countWrites(databaseUrl, acknowledgedIds);
  const schedulers = await countShifts(databaseUrl);
  const status = JSON.parse(await onward.must('status --json'));
  return {
    release: status.release,
    rolledBack: attempt.exit === ROLLED_BACK ? '1.3.0' : null,
    outside: { carried: report.carried, failed: report.failed, failures: report.failures },
    inside,
    acknowledgedOrders: acknowledgedIds.length,
    lostWrites: writes.lost,
    doubledWrites: writes.doubled,
    schedulerOverlaps: schedulers.overlaps,
    disturbed: [...disturbed],
    isLeftAlone,
    override: await readOverride(join(directory, 'compose.override.yaml')),
    latency: report.latency,
    runs: (await readRuns(join(directory, '.onward'))).map(({ title, seconds }) => ({ title, seconds })),
  };
}

/** The last line that the load has written; Compose may put signs for terminals around it. @param {string} log */
function parseReport(log) {
  return JSON.parse(/\{.*\}/.exec(log.trim().split('\n').at(-1) ?? '')?.[0] ?? '{}');
}

async function keep({ directory, url, onward }) {
  say(`\nThe shop stays until Ctrl-C: ${url}/, and its operator's folder is ${directory}\n`);
  say(`  cd ${directory}\n  alias onward='node ${onward.program}'\n  onward status\n  docker compose ps`);
  await sleep(LONGEST_TIMER_MS, undefined, { signal }).catch(() => {});
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
