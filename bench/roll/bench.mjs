import { join } from 'node:path';
import { runCommand } from '../command.mjs';
import { createDeployment } from '../deployment.mjs';
import { median, renderMs, round } from '../figures.mjs';
import { startPostgres } from '../postgres.mjs';
import { startLoad } from './load.mjs';
import { latestRollMs } from './roll-times.mjs';
import { criticalPathMs, measuredStarts, SERVICES } from './services.mjs';
import { createPlainServices } from './stop-then-start.mjs';

const GOAL = 1.1;
const REQUESTS_PER_SECOND = 40;

/** @type {import('../run.mjs').Bench} */
export const roll = {
  name: 'roll',
  title:
    'six services that take 0.5 to 2 s to start, each behind a switch, under load, against the longest way through them',
  async measure(context) {
    const versions = ['1.1.0', '1.2.0', '1.3.0', '1.4.0', '1.5.0'].slice(0, context.isQuick ? 1 : 5);
    const onward = await measureOnward(context, versions);
    const peers = await measurePeers(context, versions);
    return conclude(onward, peers);
  },
};

async function measureOnward({ folder, tool, say }, versions) {
  const server = await startPostgres();
  const databaseUrl = await server.createDatabase('bench');
  const deployment = await createDeployment({ folder, databaseUrl, tool, services: SERVICES });
  const samples = [];
  try {
    await deployment.publish('1.0.0');
    await deployment.onward('provision', '--yes');
    for (const version of versions) {
      say(`onward to ${version}`);
      await deployment.publish(version);
      samples.push(
        await underLoad(deployment.ports, async () => {
          await deployment.onward('upgrade', '--yes');
          const { totalMs } = await latestRollMs(join(deployment.operator, '.onward'));
          return { totalMs, limitMs: criticalPathMs(await measuredStarts(deployment.ports, version)) };
        }),
      );
    }
  } finally {
    await runCommand([process.execPath, tool.program, 'down', '--yes'], { cwd: deployment.operator });
    await server.remove();
  }
  return samples;
}

async function measurePeers({ folder, say }, versions) {
  const plain = await createPlainServices(join(folder, 'plain'));
  const policies = {
    'stop-then-start, one by one': plain.sequentially,
    'stop-then-start, side by side': plain.sideBySide,
  };
  const samples = {};
  try {
    await plain.sideBySide('1.0.0');
    for (const [name, replaceAll] of Object.entries(policies)) {
      samples[name] = [];
      for (const version of versions) {
        say(`${name} to ${version}`);
        samples[name].push(
          await underLoad(plain.ports, async () => {
            const totalMs = await replaceAll(version);
            return { totalMs, limitMs: criticalPathMs(await measuredStarts(plain.ports, version)) };
          }),
        );
      }
    }
  } finally {
    await plain.stopAll();
  }
  return samples;
}

async function underLoad(ports, run) {
  const load = startLoad({ ports: Object.values(ports), perSecond: REQUESTS_PER_SECOND });
  try {
    const times = await run();
    return { ...times, ...(await load.stop()) };
  } finally {
    load.abandon();
  }
}

function conclude(onward, others) {
  const figures = (samples) => ({
    totalMs: Math.round(median(samples.map(({ totalMs }) => totalMs))),
    limitMs: Math.round(median(samples.map(({ limitMs }) => limitMs))),
    ratio: round(median(samples.map(({ totalMs, limitMs }) => totalMs / limitMs)), 3),
    carried: samples.reduce((sum, { carried }) => sum + carried, 0),
    failed: samples.reduce((sum, { failed }) => sum + failed, 0),
  });
  const ours = figures(onward);
  const row = (name, samples) => {
    const { ratio, carried, failed } = figures(samples);
    const cells = [samples.map(({ limitMs }) => limitMs), samples.map(({ totalMs }) => totalMs)].map(renderMs);
    return [name, ...cells, String(ratio), `${failed} of ${carried}`];
  };
  return {
    ours,
    peers: Object.fromEntries(Object.entries(others).map(([name, samples]) => [name, figures(samples)])),
    ratio: ours.ratio,
    goal: GOAL,
    met: ours.ratio <= GOAL && ours.failed === 0,
    rows: [
      ['', 'critical path of starts', 'until all serve', 'ratio', 'failed requests'],
      row('onward', onward),
      ...Object.entries(others).map(([name, samples]) => row(name, samples)),
    ],
  };
}
