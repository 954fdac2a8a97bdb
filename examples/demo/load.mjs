import { startLoad } from '../shop/load.mjs';

/**
 * Load on one or more fronts of the shop, each by a process of its own, which ends with the demo.
 *
 * @param {import('./run-demo.mjs').Stage} stage
 * @param {readonly import('../shop/load/generator.mjs').LoadOptions[]} fronts
 */
export async function startLoads(stage, fronts) {
  const loads = await Promise.all(
    fronts.map(async (front) => {
      const load = await startLoad(front);
      stage.onEnd(load.abandon);
      return load;
    }),
  );
  return {
    /** Requests that are due from now on are booked under this name. @param {string} name */
    mark: (name) => Promise.all(loads.map((load) => load.mark(name))),
    /** Waits for the answers that are owed; what became of all requests, front by front. */
    stop: () => Promise.all(loads.map((load) => load.stop())),
  };
}
