// The shop in Docker Compose goes from 1.0.0 to 1.2.0 and is brought back from 1.3.0, under load: node demo.mjs
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectEvidence } from '../demo/evidence.mjs';
import { startLoads } from '../demo/load.mjs';
import { tryBroken, upgradeTo } from '../demo/moves.mjs';
import { createOnward } from '../demo/onward.mjs';
import { readOptions } from '../demo/options.mjs';
import { runDemo } from '../demo/run-demo.mjs';
import { createVendor } from '../demo/vendor.mjs';
import { seedShop } from '../shop/seed.mjs';
import { listContainers } from './demo/docker.mjs';
import { createImages } from './demo/images.mjs';
import { assertNeeds } from './demo/needs.mjs';
import { createOperator } from './demo/operator.mjs';
import { readOverride } from './demo/override.mjs';
import { startRegistry } from './demo/registry.mjs';
import { findFaults, renderGuide, renderSummary } from './demo/summary.mjs';
import { findDisturbed, isSame } from './demo/touched.mjs';

const PRODUCT = fileURLToPath(new URL('product.yaml', import.meta.url));
/** What a release changes, or the operator's upgrade to it. */
const CHANGED = { '1.1.0': ['api', 'web', 'worker'], '1.2.0': ['api', 'scheduler'] };
const SERVICES = ['api', 'web', 'worker', 'scheduler'];

const OPTIONS = {
  pull: ['', 'let Docker fetch the images that it does not have'],
  keep: ['', 'leave the shop running until Ctrl-C'],
  node: ['<image>', 'with Node 20', 'node:20-slim'],
  postgres: ['<image>', 'of Postgres', 'postgres:15'],
  haproxy: ['<image>', 'of HAProxy', 'haproxy:2.6'],
  registry: ['<host:port>', 'of a registry; one is started with docker-registry unless told'],
  project: ['<name>', 'of the Compose project; a new one unless told'],
  'inside-rate': ['<number>', 'of requests a second between services', '60'],
};
const options = readOptions('node examples/compose/demo.mjs', OPTIONS, { rate: 120 });
const { project = `onward-shop-${randomBytes(4).toString('hex')}`, node, postgres, haproxy, rate } = options;
await runDemo(options, { prepare, play, findFaults, renderSummary, renderGuide });

/** A registry with the first release, and the shop at 1.0.0 with a past, behind HAProxy. */
async function prepare(stage) {
  const { signal } = stage;
  const images = { node, postgres, haproxy };
  await assertNeeds({ images: options.pull ? {} : images, isRegistryStarted: options.registry === undefined });
  const folder = await mkdtemp(join(tmpdir(), 'onward-shop-'));
  stage.onEnd(() => rm(folder, { recursive: true }));
  const registry = options.registry ?? (await startOwnRegistry(stage, folder));
  const directory = join(folder, 'operator');
  const operator = await createOperator(directory, { project, registry, images, insideRate: options['inside-rate'] });
  const onward = createOnward({ directory, environment: {}, signal });
  const { publish, remove } = createImages({ project, registry, base: node, signal });
  stage.onEnd(remove);
  const replacements = { 'registry.example': registry };
  const vendor = createVendor({ onward, folder, product: PRODUCT, replacements, publishImages: publish });
  stage.say('The vendor publishes 1.0.0');
  await vendor.publish('1.0.0');

  stage.say('Starting Postgres and HAProxy');
  stage.onEnd(() => operator.compose('--profile * down --volumes --remove-orphans --timeout 3'));
  await operator.compose('up --detach --wait db haproxy', signal);
  stage.say('Installing 1.0.0');
  await onward.must('channel set stable 1.0.0');
  await onward.must('provision --yes');
  stage.say('Adding 200,000 orders');
  await seedShop(operator.databaseUrl);
  return { ...operator, directory, onward, vendor };
}

async function startOwnRegistry(stage, folder) {
  const registry = await startRegistry(folder);
  stage.onEnd(registry.close);
  return registry.host;
}

/** The way to 1.2.0 and the attempt at 1.3.0, under load from before the first to after the last. */
async function play(stage, { directory, compose, databaseUrl, url, onward, vendor }) {
  stage.say(
    `Starting the load: ${rate} requests a second from outside and ${options['inside-rate']} between services, half of them over new connections`,
  );
  const load = await startLoads(stage, [{ url, rate }]);
  const place = { ...stage, onward, vendor, load };
  await compose('--profile load up --detach load', stage.signal);
  await stage.calm();

  const before = await listContainers(project);
  const disturbed = new Set();
  for (const [version, changed] of Object.entries(CHANGED)) {
    const then = await listContainers(project);
    await upgradeTo([version], place);
    for (const service of findDisturbed(then, await listContainers(project), changed)) disturbed.add(service);
    await stage.calm();
  }
  const attempt = await tryBroken(place);
  const settled = await listContainers(project);
  for (const service of findDisturbed(before, settled, SERVICES)) disturbed.add(service);

  stage.open('The operator types "docker compose up -d"');
  await compose('up --detach', stage.signal);
  const isLeftAlone = isSame(settled, await listContainers(project));
  await stage.calm();

  const [{ acknowledgedIds, latency, ...outside }] = await load.stop();
  return {
    ...(await collectEvidence({ onward, databaseUrl, attempt, acknowledgedIds })),
    outside: { carried: outside.carried, failed: outside.failed, failures: outside.failures },
    inside: await stopInside(compose, stage.signal),
    disturbed: [...disturbed],
    isLeftAlone,
    override: await readOverride(join(directory, 'compose.override.yaml')),
    latency,
  };
}

/** The last line that the load between services has written; Compose may put signs for terminals around it. */
async function stopInside(compose, signal) {
  await compose('--profile load stop load', signal);
  const log = await compose('--profile load logs --no-log-prefix load', signal);
  return JSON.parse(/\{.*\}/.exec(log.trim().split('\n').at(-1) ?? '')?.[0] ?? '{}');
}
