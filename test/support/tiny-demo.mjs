// A demo of the frame alone: node tiny-demo.mjs <what happens> [--options]
import { DemoError, runDemo } from '../../examples/demo/run-demo.mjs';

const [what, ...words] = process.argv.slice(2);

await runDemo(
  { json: words.includes('--json'), calm: 0, keep: words.includes('--keep') },
  {
    async prepare(stage) {
      for (const name of ['first', 'second']) stage.onEnd(async () => console.error(`removed ${name}`));
      stage.say('prepared');
      if (what === 'lacking') throw new DemoError('This demo needs a moon', { exit: 2 });
      if (what === 'broken') throw new TypeError('a mistake');
      if (what === 'untidy')
        stage.onEnd(async () => {
          throw new DemoError('The moon could not be removed');
        });
      return 'the moon';
    },
    async play(stage, place) {
      stage.open(`playing on ${place}`);
      // Until somebody interrupts it, which nothing else ends.
      if (what === 'endless') for (;;) await stage.calm().then(() => stage.say('calm'));
      return { requests: 3 };
    },
    findFaults: () => (what === 'faulty' ? ['2 requests failed'] : []),
    renderSummary: ({ requests }) => `${requests} requests`,
    renderGuide: (place) => `${place} stays`,
  },
);
