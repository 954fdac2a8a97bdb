import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasImage } from '../../examples/compose/demo/docker.mjs';
import { startRegistry } from '../../examples/compose/demo/registry.mjs';
import { oweRemoval } from '../clean-up.mjs';
import { median, renderMs, round } from '../figures.mjs';
import { startPostgres } from '../postgres.mjs';
import { startLoad } from '../roll/load.mjs';
import { latestRollMs } from '../roll/roll-times.mjs';
import { measuredStarts } from '../roll/services.mjs';
import { latestBreakdown, tabulateBreakdown } from './breakdown.mjs';
import { renderDeployment, renderOurHaproxy, renderPeerHaproxy, renderProduct } from './files.mjs';
import { publishImages } from './images.mjs';
import { scaleUpAndDown, upDetached } from './peers.mjs';
import { criticalPathMs, NAMES } from './services.mjs';
import { createStack } from './stack.mjs';

const GOAL = 1.1;
const REQUESTS = 100_000;
const CALM_MS = 3_000;
/** Of each peer. */
const PEER_ROLLS = 3;
/** For one command of Onward. */
const COMMAND_MS = 90_000;
/** Since the bench began; no roll begins, and nothing is sent, after that. On a machine that has nothing else to do each is done long before. */
const UNTIL_MS = { onward: 300_000, 'docker compose up -d': 340_000, 'scale up, scale down': 420_000 };
/** In one candidate's part: what goes wrong again will go wrong the next time. */
const MOST_FAILED = 2;

/**
 * @typedef {object} Sample
 * @property {number} commandMs
 * @property {number} startsMs the longest way through the starts, as the services measured them
 * @property {Record<string, number>} starts of each service
 * @property {number} servingMs from the first roll until all serve
 * @property {Record<string, Record<string, number>>} [breakdown]
 */

/** @type {import('../run.mjs').Bench} */
export const rollCompose = {
  name: 'roll',
  title: 'two services of two instances in Docker Compose behind HAProxy, under load, beside what people do by hand',
  async measure(context) {
    const { folder, images, isQuick, rate } = context;
    const begunAt = performance.now();
    for (const image of Object.values(images)) {
      if (!(await hasImage(image))) throw new Error(`This engine does not have ${image}: pull it, or name another one`);
    }
    const registry = await startRegistry(folder);
    const closeRegistry = oweRemoval('The registry of the bench', registry.close);
    const versions = Array.from({ length: isQuick ? 3 : 13 }, (_, index) => `1.${index}.0`);
    context.say(`building ${versions.length} versions`);
    const published = await publishImages({
      folder: join(folder, 'images'),
      base: images.node,
      registry: registry.host,
      versions,
    });
    const place = { ...context, registry: registry.host, versions, perSecond: rate / NAMES.length, begunAt };
    const ours = await measureOnward(place);
    const peers = {
      'docker compose up -d': await measurePeer(place, 'docker compose up -d', upDetached),
      'scale up, scale down': await measurePeer(place, 'scale up, scale down', scaleUpAndDown),
    };
    await published.remove();
    await closeRegistry();
    return conclude(ours, peers, rate);
  },
};

async function measureOnward({ folder, images, registry, versions, perSecond, isQuick, tool, say, begunAt }) {
  const server = await startPostgres();
  const removeServer = oweRemoval('Postgres of the bench', server.remove);
  const databaseUrl = await server.createDatabase('bench');
  const directory = join(folder, 'onward-stack');
  const source = join(folder, 'releases');
  await mkdir(join(directory, 'migrations'), { recursive: true });
  await writeFile(join(directory, 'product.yaml'), renderProduct(registry));
  await writeFile(join(directory, 'onward.yaml'), renderDeployment({ source, databaseUrl }));
  const stack = await createStack(directory, {
    ...{ haproxy: images.haproxy, registry },
    configuration: renderOurHaproxy(),
  });
  const onward = (/** @type {string[]} */ ...args) => tool.run(args, { cwd: directory, timeoutMs: COMMAND_MS });
  for (const version of versions)
    await onward('release', 'build', version, '--product', 'product.yaml', '--to', source);
  await onward('channel', 'set', 'stable', versions[0]);
  await onward('provision', '--yes');
  const state = join(directory, '.onward');
  const measured = await underLoad(
    stack,
    {
      ...{ perSecond, say, versions: versions.slice(1), enough: isQuick ? 0 : REQUESTS },
      until: begunAt + UNTIL_MS.onward,
    },
    async (version) => {
      say(`onward to ${version}`);
      await onward('channel', 'set', 'stable', version);
      const { ms } = await onward('upgrade', '--yes');
      const { totalMs: servingMs } = await latestRollMs(state);
      return { commandMs: ms, servingMs, breakdown: await latestBreakdown(state) };
    },
  );
  await stack.remove();
  await removeServer();
  return measured;
}

async function measurePeer({ folder, images, registry, versions, perSecond, isQuick, say, begunAt }, name, roll) {
  const stack = await createStack(join(folder, name.replaceAll(/[^a-z]+/g, '-')), {
    ...{ haproxy: images.haproxy, registry },
    configuration: renderPeerHaproxy(),
  });
  await stack.choose(versions[0]);
  await stack.compose('up', '--detach', '--wait');
  await stack.untilServes(versions[0]);
  const chosen = versions.slice(1, 1 + (isQuick ? 1 : PEER_ROLLS));
  const until = begunAt + (UNTIL_MS[name] ?? 0);
  const measured = await underLoad(stack, { perSecond, say, versions: chosen, enough: 0, until }, async (version) => {
    say(`${name} to ${version}`);
    const startedAt = performance.now();
    await roll(stack, version);
    const commandMs = performance.now() - startedAt;
    await stack.untilServes(version);
    return { commandMs, servingMs: Math.max(commandMs, performance.now() - startedAt) };
  });
  await stack.remove();
  return measured;
}

/** One load over all rolls, and on until there were enough requests. A roll that fails is said and counted, and the next one is tried. */
async function underLoad(stack, { perSecond, say, versions, enough, until }, roll) {
  const load = startLoad({ ports: Object.values(stack.ports), perSecond });
  const startedAt = performance.now();
  /** @type {Sample[]} */
  const samples = [];
  const problems = [];
  try {
    await sleep(CALM_MS);
    for (const version of versions) {
      if (performance.now() > until || problems.length >= MOST_FAILED) break;
      try {
        const sample = await roll(version);
        const starts = await measuredStarts(stack.ports, version);
        samples.push({ ...sample, starts, startsMs: criticalPathMs(starts) });
      } catch (error) {
        const reason = describeError(error);
        problems.push(`${version}: ${reason}; ${await stack.describe().catch(describeError)}`);
        say(`It failed: ${problems.at(-1)}`);
      }
      await sleep(CALM_MS);
    }
    const enoughAt = startedAt + (enough / (perSecond * NAMES.length)) * 1_000;
    await sleep(Math.max(0, Math.min(enoughAt, until) - performance.now()));
    return { samples, problems, loadAtEnd: round(loadavg()[0] ?? 0), ...(await load.stop()) };
  } finally {
    load.abandon();
  }
}

/** That of `fetch` says what it was in its cause alone. */
function describeError(error) {
  return [error.message, error.cause?.code].filter((each) => each !== undefined).join(', ');
}

function conclude(onward, others, rate) {
  const figures = ({ samples, problems, carried, failed, reasons, latency, loadAtEnd }) => ({
    rolls: samples.length,
    ...{ problems, carried, failed, reasons, latency, loadAtEnd },
    // A peer of which no roll came to its end has no times.
    ...(samples.length === 0 ? {} : timesOf(samples)),
  });
  const row = (name, measured) => {
    const { failed, carried, ratio, latency } = figures(measured);
    const times = ['startsMs', 'servingMs', 'commandMs'].map((key) =>
      measured.samples.length === 0 ? 'none' : renderMs(measured.samples.map((each) => each[key])),
    );
    return [
      name,
      `${failed} of ${carried}`,
      `${latency.p50} / ${latency.p99} / ${latency.max} ms`,
      ...times,
      String(ratio ?? 'none'),
    ];
  };
  if (onward.samples.length === 0) throw new Error(`No roll of Onward came to its end: ${onward.problems.join('; ')}`);
  const ours = { ...figures(onward), rate, cpus: cpus().length };
  const met = ours.ratio <= GOAL && ours.failed === 0 && ours.problems.length === 0 && ours.carried >= REQUESTS;
  return {
    ours,
    peers: Object.fromEntries(Object.entries(others).map(([name, measured]) => [name, figures(measured)])),
    ratio: ours.ratio,
    goal: GOAL,
    met,
    rows: [
      [
        '',
        'failed requests',
        'p50 / p99 / longest',
        'longest way of starts',
        'until all serve',
        'the whole command',
        'ratio',
      ],
      row('onward', onward),
      ...Object.entries(others).map(([name, measured]) => row(name, measured)),
      ...(met ? [] : [[], ...tabulateBreakdown(onward.samples)]),
    ],
  };
}

function timesOf(samples) {
  const middle = (pick) => median(samples.map(pick));
  return {
    servingMs: Math.round(middle(({ servingMs }) => servingMs)),
    commandMs: Math.round(middle(({ commandMs }) => commandMs)),
    startsMs: Math.round(middle(({ startsMs }) => startsMs)),
    ratio: round(
      middle(({ servingMs, startsMs }) => servingMs / startsMs),
      3,
    ),
  };
}
