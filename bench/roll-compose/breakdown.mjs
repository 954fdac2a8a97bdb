import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '../figures.mjs';

/**
 * Where the time of the latest run's rolls went, as its own journal says: milliseconds for each service and stage.
 *
 * @param {string} stateDirectory
 * @returns {Promise<Record<string, Record<string, number>>>}
 */
export async function latestBreakdown(stateDirectory) {
  const runs = join(stateDirectory, 'runs');
  const folder = join(runs, (await readdir(runs)).sort().at(-1) ?? '');
  const records = await readLines(folder, /^journal-.*\.jsonl$/);
  const serving = (await readLines(folder, /^events\.jsonl$/)).filter(({ type }) => type === 'roll.serving');
  const rolls = records.filter(({ step }) => step.startsWith('roll:'));
  const startedAt = Date.parse(rolls[0]?.t);
  return Object.fromEntries(
    serving.map(({ service, t }) => {
      const own = rolls.filter(({ step }) => step === `roll:${service}`);
      return [service, measureStages(own, { startedAt, servingAt: Date.parse(t) })];
    }),
  );
}

function measureStages(records, { startedAt, servingAt }) {
  const times = (kind, effect) =>
    records.filter((each) => each.kind === kind && each.key.startsWith(effect)).map(({ t }) => Date.parse(t));
  const first = (effect) => Math.min(...times('intent', effect));
  const last = (effect) => Math.max(...times('result', effect));
  return {
    'its roll begins': Date.parse(records[0].t) - startedAt,
    'containers are made': last('create:') - first('create:'),
    'it waits for its turn': first('start:') - last('create:'),
    'the engine starts them': last('start:') - first('start:'),
    'until they are seen to be ready': first('switch:') - last('start:'),
    'the switch is told, and confirms': servingAt - first('switch:'),
    'it serves': servingAt - startedAt,
    'afterwards: watched': first('stop:') - servingAt,
    'afterwards: stopped': last('stop:') - first('stop:'),
  };
}

/**
 * The middle of all rolls, stage by stage; `starts` are those of the services themselves, which lie within the engine's start and what follows it.
 *
 * @param {readonly { breakdown: Record<string, Record<string, number>>, starts: Record<string, number> }[]} samples
 * @returns {string[][]}
 */
export function tabulateBreakdown(samples) {
  const services = Object.keys(samples[0]?.breakdown ?? {});
  const stages = Object.keys(samples[0]?.breakdown[services[0] ?? ''] ?? {});
  const row = (title, pick) => [
    title,
    ...services.map((service) => `${Math.round(median(samples.map((sample) => pick(sample, service))))} ms`),
  ];
  return [
    ['where the time goes', ...services],
    ...stages.map((stage) => row(stage, ({ breakdown }, service) => breakdown[service]?.[stage] ?? 0)),
    row('its own start, of that', ({ starts }, service) => starts[service] ?? 0),
  ];
}

async function readLines(folder, pattern) {
  const names = (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
}
