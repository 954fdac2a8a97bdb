// Bundles the command, the library door and the detached programs, with one chunk per lazily loaded part, into dist/ or into the folder
// that is named.
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const folder = process.argv[2] ?? 'dist';
// Built beside and moved into place, so that whoever runs the command meanwhile finds a whole one.
const fresh = `${folder}.${process.pid}`;
await mkdir(fresh, { recursive: true });

// Leaves out what dependencies load for others, at the cost of every command's start.
const leaner = {
  name: 'leaner',
  setup({ onLoad }) {
    // On Node 20 the driver loads all of fetch, to find out whether it runs in another runtime.
    onLoad({ filter: /[/\\]pg[/\\]lib[/\\]stream\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace("typeof Response === 'function'", 'false'),
    }));
    // Onward speaks English; the schema library would bring its messages in fifty languages.
    onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

const options = {
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  external: ['pg-native'],
  define: { ONWARD_VERSION: JSON.stringify(version) },
  // CommonJS dependencies call require() for Node's own modules, and the SQL parser looks for its .wasm in __dirname.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;",
  },
  chunkNames: 'chunks/[name]-[hash]',
  plugins: [leaner],
  logLevel: 'warning',
};
await build({ ...options, entryPoints: { onward: 'src/cli/main.ts', index: 'src/index.ts' } });
// Each by itself, so that it reads nothing at its start but what it uses: a service that is rolled waits for its supervisor.
for (const [name, path] of Object.entries({
  switch: 'src/deploy/switches/builtin/program.ts',
  supervisor: 'src/deploy/runtimes/process/program.ts',
  // It runs in the services of vendors, which need nothing else of Onward.
  service: 'src/service/index.ts',
}))
  await build({ ...options, entryPoints: { [name]: path } });
await cp('node_modules/libpg-query/wasm/libpg-query.wasm', `${fresh}/chunks/libpg-query.wasm`);
await rm(folder, { recursive: true, force: true });
await rename(fresh, folder);
