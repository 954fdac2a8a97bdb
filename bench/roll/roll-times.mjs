import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * From the start of the first roll of the latest run until its last service serves, in milliseconds, as the run's own record says.
 *
 * @param {string} stateDirectory
 */
export async function latestRollMs(stateDirectory) {
  const runs = join(stateDirectory, 'runs');
  const latest = (await readdir(runs)).sort().at(-1) ?? '';
  const events = await readLines(join(runs, latest, 'events.jsonl'));
  const begun = events.filter(({ type, step }) => type === 'step.started' && step.startsWith('roll:'));
  const serving = events.filter(({ type }) => type === 'roll.serving');
  if (serving.length === 0 || serving.length !== begun.length) {
    throw new Error(`Of ${begun.length} services that were rolled in ${latest}, ${serving.length} serve`);
  }
  const times = (chosen) => chosen.map(({ t }) => Date.parse(t));
  const startedAt = Math.min(...times(begun));
  return {
    totalMs: Math.max(...times(serving)) - startedAt,
    /** When each serves, from the start. */
    servingMs: Object.fromEntries(serving.map(({ service, t }) => [service, Date.parse(t) - startedAt])),
  };
}

async function readLines(path) {
  const text = await readFile(path, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
