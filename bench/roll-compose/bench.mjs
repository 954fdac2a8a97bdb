import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasImage } from '../../examples/compose/demo/docker.mjs';
import { startRegistry } from '../../examples/compose/demo/registry.mjs';
import { median, renderMs, round } from '../figures.mjs';
import { startPostgres } from '../postgres.mjs';
import { startLoad } from '../roll/load.mjs';
import { latestRollMs } from '../roll/roll-times.mjs';
import { measuredStarts } from '../roll/services.mjs';
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

/**
 * @typedef {object} Sample
 * @property {number} commandMs
 * @property {number} startsMs the longest way through the starts, as the services measured them
 * @property {number} [servingMs] from the first roll until all serve
 *
 * @typedef {Sample & { carried: number, failed: number }} Rolled
 */

/** @type {import('../run.mjs').Bench} */
export const rollCompose = {
  name: 'roll',
  title: 'two services of two instances in Docker Compose behind HAProxy, under load, beside what people do by hand',
  async measure(context) {
    const { folder, images, isQuick, rate } = context;
    for (const image of Object.values(images)) {
      if (!(await hasImage(image))) throw new Error(`This engine does not have ${image}: pull it, or name another one`);
    }
    const registry = await startRegistry(folder);
    const versions = Array.from({ length: isQuick ? 3 : 13 }, (_, index) => `1.${index}.0`);
    context.say(`building ${versions.length} versions`);
    const published = await publishImages({
      folder: join(folder, 'images'),
      base: images.node,
      registry: registry.host,
      versions,
    });
    try {
      const place = { ...context, registry: registry.host, versions, perSecond: rate / NAMES.length };
      const ours = await measureOnward(place);
      const peers = {
        'docker compose up -d': await measurePeer(place, 'docker compose up -d', upDetached),
        'scale up, scale down': await measurePeer(place, 'scale up, scale down', scaleUpAndDown),
      };
      return conclude(ours, peers, rate);
    } finally {
      await published.remove();
      await registry.close();
    }
  },
};

async function measureOnward({ folder, images, registry, versions, perSecond, isQuick, tool, say }) {
  const server = await startPostgres();
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
  const onward = (/** @type {string[]} */ ...args) => tool.run(args, { cwd: directory });
  try {
    for (const version of versions)
      await onward('release', 'build', version, '--product', 'product.yaml', '--to', source);
    await onward('channel', 'set', 'stable', versions[0]);
    await onward('provision', '--yes');
    return await underLoad(
      stack,
      { perSecond, versions: versions.slice(1), enough: isQuick ? 0 : REQUESTS },
      async (version) => {
        say(`onward to ${version}`);
        await onward('channel', 'set', 'stable', version);
        const { ms } = await onward('upgrade', '--yes');
        return { commandMs: ms, servingMs: (await latestRollMs(join(directory, '.onward'))).totalMs };
      },
    );
  } finally {
    await stack.remove();
    await server.remove();
  }
}

async function measurePeer({ folder, images, registry, versions, perSecond, isQuick, say }, name, roll) {
  const stack = await createStack(join(folder, name.replaceAll(/[^a-z]+/g, '-')), {
    ...{ haproxy: images.haproxy, registry },
    configuration: renderPeerHaproxy(),
  });
  try {
    await stack.choose(versions[0]);
    await stack.compose('up', '--detach', '--wait');
    await stack.untilServes(versions[0]);
    const chosen = versions.slice(1, 1 + (isQuick ? 1 : PEER_ROLLS));
    return await underLoad(stack, { perSecond, versions: chosen, enough: 0 }, async (version) => {
      say(`${name} to ${version}`);
      const startedAt = performance.now();
      await roll(stack, version);
      const commandMs = performance.now() - startedAt;
      await stack.untilServes(version);
      return { commandMs, servingMs: Math.max(commandMs, performance.now() - startedAt) };
    });
  } finally {
    await stack.remove();
  }
}

/** One load over all rolls, and on until there were enough requests. */
async function underLoad(stack, { perSecond, versions, enough }, roll) {
  const load = startLoad({ ports: Object.values(stack.ports), perSecond });
  const startedAt = performance.now();
  /** @type {Sample[]} */
  const samples = [];
  try {
    await sleep(CALM_MS);
    for (const version of versions) {
      const sample = await roll(version);
      samples.push({ ...sample, startsMs: criticalPathMs(await measuredStarts(stack.ports, version)) });
      await sleep(CALM_MS);
    }
    const owedMs = (enough / (perSecond * NAMES.length)) * 1_000 - (performance.now() - startedAt);
    if (owedMs > 0) await sleep(owedMs);
    return { samples, loadAtEnd: round(loadavg()[0] ?? 0), ...(await load.stop()) };
  } finally {
    load.abandon();
  }
}

function conclude(onward, others, rate) {
  const figures = ({ samples, carried, failed, reasons, latency, loadAtEnd }) => ({
    rolls: samples.length,
    ...{ carried, failed, reasons, latency, loadAtEnd },
    servingMs: Math.round(median(samples.map(({ servingMs }) => servingMs))),
    commandMs: Math.round(median(samples.map(({ commandMs }) => commandMs))),
    startsMs: Math.round(median(samples.map(({ startsMs }) => startsMs))),
    ratio: round(median(samples.map(({ servingMs, startsMs }) => servingMs / startsMs)), 3),
  });
  const row = (name, measured) => {
    const { failed, carried, ratio, latency } = figures(measured);
    const times = ['startsMs', 'servingMs', 'commandMs'].map((key) =>
      renderMs(measured.samples.map((each) => each[key])),
    );
    return [
      name,
      `${failed} of ${carried}`,
      `${latency.p50} / ${latency.p99} / ${latency.max} ms`,
      ...times,
      String(ratio),
    ];
  };
  const ours = { ...figures(onward), rate, cpus: cpus().length };
  return {
    ours,
    peers: Object.fromEntries(Object.entries(others).map(([name, measured]) => [name, figures(measured)])),
    ratio: ours.ratio,
    goal: GOAL,
    met: ours.ratio <= GOAL && ours.failed === 0 && ours.carried >= REQUESTS,
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
    ],
  };
}
