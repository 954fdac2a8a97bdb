import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from '../command.mjs';
import { median, renderMs } from '../figures.mjs';

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));
const GOAL = { ms: 200, megabytes: 200 };

/** @type {import('../run.mjs').Bench} */
export const plan = {
  name: 'plan',
  title:
    'the path and the plan over 1,000 releases and 10,000 pending migrations, each time in a new process, against a limit',
  async measure({ tool, isQuick }) {
    const rounds = isQuick ? 3 : 15;
    const library = join(dirname(tool.program), 'index.js');
    const samples = [];
    const node = [];
    for (let turn = 0; turn < rounds; turn += 1) {
      const { stdout } = await mustRun([process.execPath, '--expose-gc', PROGRAM, library]);
      samples.push(assertWhole(JSON.parse(stdout)));
      // Says how busy the machine was: a limit in milliseconds is meant for one that does nothing else.
      node.push((await mustRun([process.execPath, '-e', '0'])).ms);
    }
    return conclude(samples, node);
  },
};

/** A plan that leaves something out is quick to make. */
function assertWhole(sample) {
  const { hops, migrations } = sample;
  if (hops !== 100 || migrations !== 10_000) throw new Error(`Planned ${migrations} migrations in ${hops} hops`);
  return sample;
}

function conclude(samples, node) {
  const of = (name) => samples.map((sample) => sample[name]);
  const totals = samples.map(({ pathMs, planMs }) => pathMs + planMs);
  const ours = { ms: Math.round(median(totals)), megabytes: Math.round(median(of('megabytes'))) };
  const before = Math.round(median(of('megabytesBefore')));
  const ratio = {
    ms: Math.round((100 * ours.ms) / GOAL.ms) / 100,
    megabytes: Math.round((100 * ours.megabytes) / GOAL.megabytes) / 100,
  };
  return {
    ours,
    peers: { 'node -e 0': Math.round(median(node)) },
    ratio,
    goal: GOAL,
    met: ratio.ms <= 1 && ratio.megabytes <= 1,
    rows: [
      ['', 'time', 'goal', 'memory of the whole process', 'goal'],
      ['node -e 0', renderMs(node), '', '', ''],
      ['before: Node, the library and the facts', '', '', `${before} MB`, ''],
      ['path, of 100 hops', renderMs(of('pathMs')), '', '', ''],
      ['plan of all hops', renderMs(of('planMs')), '', '', ''],
      ['path and plan', renderMs(totals), `≤ ${GOAL.ms} ms`, `${ours.megabytes} MB`, `≤ ${GOAL.megabytes} MB`],
    ],
  };
}
