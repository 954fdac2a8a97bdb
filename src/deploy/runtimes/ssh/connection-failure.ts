/** Why the ssh of this machine could not run something on a host. */
export type ConnectionFailure =
  | 'unknown-host-key'
  | 'changed-host-key'
  | 'refused-login'
  | 'no-such-host'
  | 'unreachable'
  | 'lost';

/** In the order in which they are looked for: several lines may stand in one answer. */
const SAID: readonly (readonly [ConnectionFailure, RegExp])[] = [
  ['changed-host-key', /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed/i],
  ['unknown-host-key', /Host key verification failed|No \S+ host key is known|no matching host key/i],
  ['no-such-host', /Could not resolve hostname/i],
  ['refused-login', /Permission denied|Too many authentication failures|No supported authentication methods/i],
  [
    'unreachable',
    /connect to host .* port|timed out during banner|Connection timed out|Operation timed out|No route to host|Network is unreachable|Connection refused|kex_exchange_identification|banner exchange/i,
  ],
];

/** What ssh means by its exit code 255, from what it said. Anything else than a reason not to get in is a connection that was lost. */
export function classifyFailure(stderr: string): ConnectionFailure {
  return SAID.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'lost';
}
