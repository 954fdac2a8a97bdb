// Measures what each form of a statement does on Postgres 14 to 18 and writes it to src/lint/facts/facts.json. `--check` changes nothing and
// fails when the file is not what the servers do. Takes about two minutes.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadSource } from './load-source.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}src/lint/facts/facts.json`;

/** @typedef {typeof import('../src/lint/facts/measure-facts.ts').measureFacts} MeasureFacts */

const { createSystem, loadSqlParser, combineFacts, measureFacts, openScratch, SERVER_VERSIONS } = await loadSource(`
  export { createSystem, loadSqlParser } from './src/system/index.ts';
  export { combineFacts } from './src/lint/facts/combine-facts.ts';
  export { measureFacts } from './src/lint/facts/measure-facts.ts';
  export { openScratch } from './src/lint/scratch/scratch.ts';
  export { SERVER_VERSIONS } from './src/lint/server-version.ts';
`);
const system = createSystem({ environment: {}, onEvent: () => {} });
const parser = await loadSqlParser();
const byServer = new Map();
for (const server of SERVER_VERSIONS) {
  const scratch = await openScratch(system, { server });
  try {
    byServer.set(server, await measureFacts(system, { scratch, parser, server }));
  } finally {
    await scratch.close();
  }
  console.error(`Measured Postgres ${server}.`);
}
const text = `${JSON.stringify(combineFacts(byServer), undefined, 2)}\n`;
const current = await readFile(path, 'utf8').catch(() => '');
if (process.argv.includes('--check')) {
  if (current !== text) {
    console.error('Not up to date: src/lint/facts/facts.json. Run `npm run facts`.');
    process.exitCode = 1;
  }
} else {
  await writeFile(path, text);
}
