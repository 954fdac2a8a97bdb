import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * How long each step of each run took, from what the runs said as they went on.
 *
 * @param {string} stateDirectory
 * @returns {Promise<{ run: string, from: string, to: string, seconds: number, steps: { step: string, seconds: number }[] }[]>}
 */
export async function readRuns(stateDirectory) {
  const runs = [];
  for (const run of (await readdir(join(stateDirectory, 'runs'))).sort()) {
    const file = join(stateDirectory, 'runs', run, 'events.jsonl');
    if (!existsSync(file)) continue;
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    runs.push({ run, ...measure(lines.map((line) => JSON.parse(line))) });
  }
  return runs;
}

function measure(events) {
  const { from, to } = events.find((event) => event.type === 'run.started') ?? {};
  const begun = new Map();
  const steps = [];
  for (const { type, step, t } of events) {
    if (type === 'step.started') begun.set(step, Date.parse(t));
    if (type === 'step.finished' || type === 'step.failed') {
      steps.push({ step, seconds: (Date.parse(t) - begun.get(step)) / 1_000 });
    }
  }
  return { from, to, seconds: (Date.parse(events.at(-1).t) - Date.parse(events[0].t)) / 1_000, steps };
}
