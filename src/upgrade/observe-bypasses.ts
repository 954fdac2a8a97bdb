import type { OtherServers } from '../deploy/index.ts';
import type { BypassFact, FrontendFact, InstanceFact } from '../model/index.ts';
import { listOwnAddresses } from '../system/index.ts';
import type { Installation } from './installation.ts';

/**
 * The frontends with who else sends requests to their instances. Only a switch that is the operator's has others, and one that cannot be used
 * has been said to be so. Changes nothing; throws `switch.haproxy-*`.
 */
export async function observeBypasses(
  { switchOf }: Installation,
  {
    frontends,
    instances,
  }: { readonly frontends: readonly FrontendFact[]; readonly instances: readonly InstanceFact[] },
): Promise<readonly FrontendFact[]> {
  return Promise.all(
    frontends.map(async (frontend) => {
      const { service, use } = frontend;
      if (!use || use.problem) return frontend;
      const others = await switchOf(service).observeOthers?.();
      if (!others) return frontend;
      const running = instances.filter((one) => one.service === service && one.state === 'running');
      return { ...frontend, bypasses: matchBypasses(others, running, listOwnAddresses()) };
    }),
  );
}

const EVERYWHERE = /^(|\*|0\.0\.0\.0|::)$/;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/**
 * The servers of a HAProxy that are instances of a service, past the backend that Onward keeps for it. `own`: the addresses of this machine.
 * What listens here is reached at every one of them, and at loopback by a HAProxy that runs here. Pure.
 */
export function matchBypasses(
  { countedS, isOnThisMachine, servers }: OtherServers,
  instances: readonly Pick<InstanceFact, 'id' | 'address' | 'alsoAt'>[],
  own: readonly string[],
): readonly BypassFact[] {
  const isHere = (host: string) =>
    own.includes(host) ? !LOOPBACK.test(host) || isOnThisMachine : isOnThisMachine && LOOPBACK.test(host);
  return servers.flatMap(({ address, ...server }) => {
    const leadsTo = (listening: string): boolean => {
      const { host, port } = splitAddress(listening);
      if (port !== address.port) return false;
      if (host === address.host && !LOOPBACK.test(host)) return true;
      const isLocal = EVERYWHERE.test(host) || LOOPBACK.test(host) || own.includes(host);
      return isLocal && isHere(address.host);
    };
    const found = instances.find((one) => [one.address, ...(one.alsoAt ?? [])].some((at) => at && leadsTo(at)));
    if (!found) return [];
    return [{ ...server, address: `${address.host}:${address.port}`, instance: found.id, countedS }];
  });
}

function splitAddress(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}
