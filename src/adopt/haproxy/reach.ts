import type { ObservedHaproxy } from './observed-haproxy.ts';

/** Where this machine finds a file of HAProxy's; `undefined`: it is in a container, and in no folder of this machine. */
export function reachPath({ container }: ObservedHaproxy, path: string): string | undefined {
  if (!path.startsWith('/')) return undefined;
  if (!container) return path;
  const [mount] = container.mounts
    .filter(({ kind, source, target }) => kind === 'bind' && source !== undefined && isIn(path, target))
    .sort((a, b) => b.target.length - a.target.length);
  return mount && `${mount.source}${path.slice(mount.target.replace(/\/$/, '').length)}`;
}

/** Where HAProxy finds a file of this machine that is mounted into its container. */
export function insidePath(mounts: NonNullable<ObservedHaproxy['container']>['mounts'], path: string): string {
  const mount = mounts.find(({ source }) => source !== undefined && isIn(path, source));
  return mount ? `${mount.target}${path.slice((mount.source ?? '').length)}` : path;
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/**
 * The address by which this machine talks to something that HAProxy listens on: the path of a socket, or a port on loopback. A socket that is
 * mounted by itself, and not with its folder, is gone with the next start.
 */
export function reachAddress(haproxy: ObservedHaproxy, address: string): string | undefined {
  const plain = address.replace(/^(unix|ipv4|ipv6)@/, '');
  if (plain.startsWith('/')) return reachSocket(haproxy, plain);
  const [, host = '', port] = /^(.*):(\d+)$/.exec(plain) ?? [];
  if (port === undefined) return undefined;
  const isLoopback = /^(127\.|localhost$|\[?::1)/.test(host);
  const isAny = host === '' || host === '*' || host === '0.0.0.0' || host === '[::]' || host === '::';
  const ports = haproxy.container?.ports ?? 'host';
  if (ports === 'host') return isLoopback || isAny ? `127.0.0.1:${port}` : undefined;
  const own = ports.find(
    ({ target, hostIp, published }) =>
      target === Number(port) && hostIp?.startsWith('127.') === true && /^\d+$/.test(published ?? ''),
  );
  return own && !isLoopback ? `${own.hostIp}:${own.published}` : undefined;
}

function reachSocket(haproxy: ObservedHaproxy, path: string): string | undefined {
  if (haproxy.container?.mounts.some(({ target }) => target === path)) return undefined;
  return reachPath(haproxy, path);
}
