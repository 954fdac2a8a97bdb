import type { FrontendChange } from '../switch.ts';
import { GATE, instanceOf, renderAddress, standbyEntry } from './names.ts';

/**
 * A connection that cannot be made counts as a failed check at once, and the next check 50 ms later marks the server down; it is up
 * again 100 ms after it can be connected to. Since 3.0 only a server with a `maxconn` takes requests out of the queue when it comes up:
 * without one, those that a hold has kept would wait there until their limit (measured with 3.0.11).
 */
export const SERVER_OPTIONS =
  'check inter 1s fastinter 50ms downinter 100ms rise 1 fall 2 observe layer4 error-limit 1 on-error sudden-death maxconn 100000';

/**
 * The section of resolvers that the ready-made HAProxy of a project has. Containers get other addresses whenever the machine starts, each perhaps
 * that of another one: a HAProxy that has this section is told names for its next start, and follows them.
 */
export const RESOLVERS = 'onward';

/** That section, as lines. */
export const RESOLVERS_SECTION: readonly string[] = [
  `resolvers ${RESOLVERS}`,
  '  nameserver engine 127.0.0.11:53',
  '  timeout resolve 1s',
  '  timeout retry 200ms',
  '  hold valid 1s',
  '  hold nx 1s',
  '  hold obsolete 1s',
];

/** Where nobody listens: `tcpmux` of the machine or the container that HAProxy itself runs in. */
export const GATE_ADDRESS = '127.0.0.1:1';

/** An attempt to connect, and the pause after one that was refused: HAProxy takes the pause from `timeout connect`. */
const CONNECT_MS = 250;
const HOLD_MS = 60_000;
const MOST_WAITING = 10_000;

export interface BackendFile extends FrontendChange {
  readonly backend: string;
  readonly mode: 'http' | 'tcp';
  /** Names to start with in place of addresses, by instance; of a HAProxy that has the resolvers for them. */
  readonly names?: ReadonlyMap<string, string>;
}

/**
 * The whole section of a backend, with the servers that HAProxy must have when it starts. Draining ones are left out: after a start
 * nothing is in flight. Equal targets give an equal text, in whatever order they come. Pure.
 */
export function renderHaproxyBackend(file: BackendFile): string {
  const { backend, mode, targets, isHeld } = file;
  const sorted = [...targets].sort((a, b) => (a.id < b.id ? -1 : 1));
  const servers = sorted.flatMap(({ id, address, weight, state }) => {
    if (state === 'draining') return [];
    const entry = state === 'standby' ? standbyEntry(id) : id;
    const name = file.names?.get(id);
    const place = name === undefined ? renderAddress(address) : `${name}:${address.port}`;
    const start = name === undefined ? '' : ` ${FOLLOW}`;
    return [
      `server ${entry} ${place}${state === 'standby' ? ' backup' : ''} weight ${weight} ${SERVER_OPTIONS}${start}`,
    ];
  });
  return [
    '# Written by onward, and written again at every change of traffic: what you change here is lost.',
    `backend ${backend}`,
    ...[
      `mode ${mode}`,
      'balance roundrobin',
      `timeout connect ${CONNECT_MS}ms`,
      `timeout queue ${HOLD_MS / 1000}s`,
      'timeout server 1h',
      'timeout tunnel 24h',
      `retries ${HOLD_MS / CONNECT_MS}`,
      'option redispatch -1',
      // What the operator's `defaults` may say otherwise: a request is sent once, and being connected to is all that a check asks for.
      'retry-on conn-failure',
      'option tcp-check',
      'load-server-state-from-file none',
      'option abortonclose',
      'option allbackups',
      'stick-table type string len 8 size 16 store gpc0',
      ...(mode === 'http' ? renderHttpRules(backend) : renderTcpRules(backend)),
      `server ${GATE} ${GATE_ADDRESS} no-check maxconn 1${isHeld ? '' : ' disabled'}`,
      ...servers,
    ].map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** Without an address until there is one: that of before may be another container's. */
const FOLLOW = `resolvers ${RESOLVERS} resolve-prefer ipv4 init-addr libc,none`;

/** The names that a file has in place of addresses, by instance. Pure. */
export function readNames(text: string): ReadonlyMap<string, string> {
  const lines = text.matchAll(/^ {2}server (\S+) (\S+):\d+ .* resolvers /gm);
  return new Map([...lines].map(([, entry = '', name = '']) => [instanceOf(entry), name]));
}

function renderHttpRules(backend: string): readonly string[] {
  const isHeld = `{ srv_is_up(${backend}/${GATE}) }`;
  return [
    'option http-server-close',
    'option forwardfor',
    `http-request return status 503 if { queue(${backend}) ge ${MOST_WAITING} }`,
    `http-request track-sc2 str(held) if ${isHeld}`,
    `http-request sc-inc-gpc0(2) if ${isHeld}`,
    'http-request set-header X-Forwarded-Proto https if { ssl_fc } !{ req.hdr(X-Forwarded-Proto) -m found }',
    'http-request set-header X-Forwarded-Proto http if !{ ssl_fc } !{ req.hdr(X-Forwarded-Proto) -m found }',
  ];
}

function renderTcpRules(backend: string): readonly string[] {
  const isHeld = `{ srv_is_up(${backend}/${GATE}) }`;
  return [
    `tcp-request content reject if { queue(${backend}) ge ${MOST_WAITING} }`,
    `tcp-request content track-sc2 str(held) if ${isHeld}`,
    `tcp-request content sc-inc-gpc0(2) if ${isHeld}`,
  ];
}
