import { loadSource } from '../../scripts/load-source.mjs';
import { round } from '../figures.mjs';

const GOAL = 0.99;
const SERVERS = [14, 15, 16, 17, 18];
const SEED = 20_261_121;
const SOURCE = `
  export { createSystem } from './src/system/index.ts';
  export { openScratch } from './src/lint/scratch/scratch.ts';
  export { measurePrecision, VERDICTS } from './test/support/lint-precision.ts';
`;

/** @type {import('../run.mjs').Bench} */
export const precision = {
  name: 'precision',
  title: 'what lint foresees of random statements on random schemas, against what Postgres 14 to 18 do',
  async measure({ isQuick, say }) {
    const servers = isQuick ? [15] : SERVERS;
    const statements = isQuick ? 200 : 1000;
    const { createSystem, measurePrecision, openScratch, VERDICTS } = await loadSource(SOURCE);
    const system = createSystem({ environment: {}, onEvent: () => {} });
    const total = { measured: 0, refused: 0, untold: 0, misses: 0 };
    const scores = Object.fromEntries(VERDICTS.map((verdict) => [verdict, { hits: 0, false: 0, missed: 0 }]));
    for (const server of servers) {
      // The seed first, so that a run can be repeated whatever happens in it.
      const seed = SEED + server * 1_000_000;
      say(`Postgres ${server}, ${statements} statements, seed ${seed}`);
      const scratch = await openScratch(system, { server });
      try {
        const found = await measurePrecision(system, { scratch, server, seed, statements });
        for (const miss of found.misses) say(`Postgres ${server}: ${miss}`);
        for (const key of ['measured', 'refused', 'untold']) total[key] += found[key];
        total.misses += found.misses.length;
        for (const verdict of VERDICTS) {
          for (const key of ['hits', 'false', 'missed']) scores[verdict][key] += found.scores[verdict][key];
        }
      } finally {
        await scratch.close();
      }
    }
    return conclude(scores, total);
  },
};

function conclude(scores, total) {
  const rates = Object.entries(scores).map(([verdict, { hits, false: wrong, missed }]) => ({
    verdict,
    hits,
    wrong,
    missed,
    precision: hits / (hits + wrong),
    recall: hits / (hits + missed),
  }));
  const percent = (share) => `${round(100 * share)} %`;
  return {
    ours: Object.fromEntries(
      rates.map(({ verdict, precision: right, recall }) => [
        verdict,
        { precision: round(right, 4), recall: round(recall, 4) },
      ]),
    ),
    peers: { measured: total },
    ratio: round(Math.min(...rates.flatMap(({ precision: right, recall }) => [right, recall])), 4),
    goal: GOAL,
    met: rates.every(({ precision: right, recall }) => right >= GOAL && recall >= GOAL),
    rows: [
      ['', 'right', 'false', 'missed', 'precision', 'recall', 'goal'],
      ...rates.map(({ verdict, hits, wrong, missed, precision: right, recall }) => [
        verdict,
        String(hits),
        String(wrong),
        String(missed),
        percent(right),
        percent(recall),
        '≥ 99 %',
      ]),
    ],
  };
}
