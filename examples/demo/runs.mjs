import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * How long each step of each run took, which rows it moved and which totals it compared, from what the runs said as they went on.
 *
 * @typedef {object} Run
 * @property {string} run
 * @property {string} title such as `1.0.0 -> 1.1.0`
 * @property {string} from
 * @property {string} to
 * @property {number} seconds
 * @property {{ step: string, seconds: number }[]} steps
 * @property {{ id: string, changed: number, seconds: number }[]} moved
 * @property {{ totals: number, phases: number }} compared
 *
 * @param {string} directory that of onward.yaml
 * @returns {Promise<Run[]>}
 */
export async function readRuns(directory) {
  const folder = join(directory, '.onward', 'runs');
  const runs = [];
  for (const run of (await readdir(folder)).sort()) {
    const file = join(folder, run, 'events.jsonl');
    if (!existsSync(file)) continue;
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    runs.push({ run, ...measure(lines.map((line) => JSON.parse(line))) });
  }
  return runs;
}

function measure(events) {
  const { kind, from, to } = events.find((event) => event.type === 'run.started') ?? {};
  const begun = new Map();
  const steps = [];
  for (const { type, step, t } of events) {
    // What is under way when a step fails is given up with it.
    const ended = type === 'step.finished' ? [step] : type === 'step.failed' ? [...begun.keys()] : [];
    for (const name of ended) {
      steps.push({ step: name, seconds: secondsBetween(begun.get(name), t) });
      begun.delete(name);
    }
    if (type === 'step.started') begun.set(step, t);
  }
  const moved = events.filter(({ type }) => type === 'data.completed');
  const { totals = 0, phases = 0 } = events.findLast(({ type }) => type === 'run.totals') ?? {};
  return {
    title: kind === 'contract' ? `contract ${to}` : `${from} -> ${to}`,
    from,
    to,
    seconds: secondsBetween(events[0].t, events.at(-1).t),
    steps,
    moved: moved.map(({ id, changed, ms }) => ({ id, changed, seconds: ms / 1_000 })),
    compared: { totals, phases },
  };
}

function secondsBetween(from, to) {
  return (Date.parse(to) - Date.parse(from)) / 1_000;
}
