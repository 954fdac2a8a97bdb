// Plans once, in a process that has not planned before, and says how long it took: node --expose-gc program.mjs <path of dist/index.js>
import { pathToFileURL } from 'node:url';
import { createCatalog, createFacts, TARGET } from './world.mjs';

const { choosePath, planUpgrade } = await import(pathToFileURL(process.argv[2] ?? '').href);
const catalog = createCatalog();
const facts = createFacts(catalog);
const from = facts.current.release;
const megabytes = () => Math.round(process.resourceUsage().maxRSS / 1024);

const megabytesBefore = megabytes();
// What making the facts has left to be collected is not the plan's.
globalThis.gc?.();
const startedAt = performance.now();
const path = choosePath({ catalog, from, to: TARGET, toolVersion: facts.toolVersion });
const choseAt = performance.now();
const hops = path.hops ?? [];
const plan = planUpgrade(facts, { requested: TARGET, hops, rollback: 'run', command: 'onward upgrade' });
const plannedAt = performance.now();

const migrations = plan.hops.flatMap(({ steps }) => steps.flatMap((step) => step.migrations ?? []));
console.log(
  JSON.stringify({
    pathMs: choseAt - startedAt,
    planMs: plannedAt - choseAt,
    megabytesBefore,
    megabytes: megabytes(),
    hops: hops.length,
    migrations: migrations.length,
  }),
);
