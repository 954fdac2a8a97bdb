import type { Runtime } from '../runtimes/runtime.ts';
import { hasProcess } from './instances.ts';
import type { RollRequest, RollWave } from './roll.ts';

/**
 * A roll, host by host: one request for each wave, in their order, with the instances that are wanted on its hosts. A wave without any is left
 * out. Those that depend on the service wait for the last one.
 */
export async function splitWaves(runtime: Pick<Runtime, 'list'>, request: RollRequest): Promise<readonly RollWave[]> {
  const { waves = [], desired, service } = request;
  if (waves.length === 0) return [request];
  const found = await runtime.list(service.name);
  const hostOf = (id: string): string | undefined =>
    desired.find((instance) => instance.id === id)?.spec?.host ?? found.find((instance) => instance.id === id)?.host;
  const requests = waves.flatMap((hosts, index): readonly RollWave[] => {
    const own = desired.filter(({ id }) => {
      const host = hostOf(id);
      // One that is not found where it should be fails the first wave, before anything else goes.
      return host === undefined ? index === 0 : hosts.includes(host);
    });
    const isEmpty = own.length === 0 && !found.some(({ host = '', ...one }) => hosts.includes(host) && hasProcess(one));
    return isEmpty ? [] : [{ ...request, hosts, desired: own, onStarted: () => {}, onServing: () => {} }];
  });
  return requests.map((wave, index) =>
    index === requests.length - 1 ? { ...wave, onStarted: request.onStarted, onServing: request.onServing } : wave,
  );
}
