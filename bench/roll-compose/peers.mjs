import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from '../../examples/compose/demo/docker.mjs';
import { NAMES, REPLICAS } from './services.mjs';

/** Longer than HAProxy takes to learn of new containers and to find them ready. */
const PAUSE_MS = 3_000;

/** @typedef {Awaited<ReturnType<typeof import('./stack.mjs').createStack>>} Stack */

/** The new tag in .env, then the one command. @param {Stack} stack @param {string} version */
export async function upDetached(stack, version) {
  await stack.choose(version);
  await stack.compose('up', '--detach');
}

/** What people script: as many new ones beside the old ones, wait until they are healthy, a pause, then the old ones go. */
export async function scaleUpAndDown(/** @type {Stack} */ stack, /** @type {string} */ version) {
  await stack.choose(version);
  for (const name of NAMES) {
    const old = await stack.list(name);
    const scale = ['--detach', '--no-deps', '--no-recreate', '--scale'];
    await stack.compose('up', ...scale, `${name}=${REPLICAS * 2}`, '--wait', name);
    await sleep(PAUSE_MS);
    await docker(['stop', ...old]);
    await docker(['rm', ...old]);
    await stack.compose('up', ...scale, `${name}=${REPLICAS}`, name);
  }
}
