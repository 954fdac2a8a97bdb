import type { ObservedHaproxy } from '../haproxy/observed-haproxy.ts';
import type { ObservedHost } from '../hosts/observed-host.ts';
import { toName } from './databases.ts';
import { type Frontable, type OwnHaproxy, planOwnHaproxy } from './own-haproxy.ts';

/** A HAProxy that sends requests to units of hosts. */
export interface HostProxy {
  readonly name: string;
  /** The host that it runs on; `undefined`: this machine. */
  readonly host?: string;
  /** A text: it cannot be told whom it sends them to. */
  readonly own: OwnHaproxy | string;
}

/** `search.service` and `search@.service` to `search`. */
export function nameOf(unit: string): string {
  return toName(unit.replace(/@?\.service$/, ''));
}

/** Those of this machine, which can be the switch, and those of the hosts, which cannot from here. Pure. */
export function describeHostProxies(
  services: readonly { readonly unit: string; readonly found: readonly ObservedHost[] }[],
  hosts: readonly ObservedHost[],
  here: readonly ObservedHaproxy[],
): readonly HostProxy[] {
  const frontable = (self?: string): readonly Frontable[] =>
    services.map(({ unit, found }) => ({
      name: nameOf(unit),
      addresses: found.flatMap(({ host, addresses, units }) =>
        units.flatMap(({ ports }) =>
          [host, ...addresses, ...(host === self ? ['127.0.0.1', 'localhost'] : [])].flatMap((address) =>
            ports.map((port) => `${address}:${port}`),
          ),
        ),
      ),
    }));
  const planned = (haproxy: ObservedHaproxy, host?: string): readonly HostProxy[] => {
    const own = planOwnHaproxy(haproxy, frontable(host), { folder: '' });
    return own === undefined ? [] : [{ name: haproxy.name, ...(host === undefined ? {} : { host }), own }];
  };
  return [
    ...here.flatMap((haproxy) => planned(haproxy)),
    ...hosts.flatMap(({ host, haproxies }) => haproxies.flatMap((haproxy) => planned(haproxy, host))),
  ];
}
