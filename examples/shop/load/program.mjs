// The load generator's own process: does what its parent asks for, and ends with it.
import { startGenerator } from './generator.mjs';

let generator;

process.on('message', async ({ id, call, argument }) => {
  try {
    if (call === 'start') generator = startGenerator(argument);
    const value = call === 'start' ? undefined : await generator[call](argument);
    process.send({ id, value });
  } catch (error) {
    process.send({ id, error: error.message });
  }
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole terminal; the parent decides when this process ends.
process.on('SIGINT', () => {});
