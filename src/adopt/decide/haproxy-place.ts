import { dirname } from 'node:path';
import type { ObservedHaproxy } from '../haproxy/observed-haproxy.ts';
import type { HaproxyFacts } from '../haproxy/parse-haproxy.ts';
import { reachAddress, reachPath } from '../haproxy/reach.ts';

/** Where this machine reaches a HAProxy, once it has what is to be added. */
export interface HaproxyPlace {
  readonly socket: string;
  readonly master: string;
  /** From which it reads every file that ends in .cfg. */
  readonly folder: string;
  readonly additions: HaproxyAdditions;
}

/** What has to be added to a HAProxy before Onward can use it. All empty: nothing. */
export interface HaproxyAdditions {
  /** Lines of its section `global`, and why. */
  readonly global: readonly { readonly line: string; readonly because: string }[];
  /** Words of its command; all of them where `isWhole`, else those at its end. */
  readonly words: readonly string[];
  readonly isWhole: boolean;
  /** What EXTRAOPTS has to be for its unit to start it so, where that is how its words come about: it replaces what was there. */
  readonly extraOptions?: string;
  /** A folder of this machine that its container needs, and where. */
  readonly mount?: { readonly source: string; readonly target: string };
  readonly lacksResolvers: boolean;
}

/** Where the image of HAProxy has its configuration, whose words name no other. */
export const IMAGE_FILE = '/usr/local/etc/haproxy/haproxy.cfg';

/** Inside of its container. */
const TARGET = '/onward';

/** Takes what it has, where this machine reaches it, and says what is to be added for the rest. Pure. */
export function choosePlace(
  haproxy: ObservedHaproxy,
  facts: HaproxyFacts,
  { folder }: { readonly folder: string },
): HaproxyPlace {
  const { name, container } = haproxy;
  const made = container ? `${folder}/onward-${name}` : '';
  const socket = chooseSocket(haproxy, facts, made);
  const master = chooseMaster(haproxy, made);
  const backends = chooseFolder(haproxy, made);
  const words = [...(master.addition ?? []), ...(backends.addition ?? [])];
  const isWhole = container !== undefined && haproxy.words.length === 0;
  const isMounted = container && [socket, master, backends].some((one) => one.path.startsWith(`${made}/`));
  return {
    socket: socket.path,
    master: master.path,
    folder: backends.path,
    additions: {
      global: socket.addition ? [socket.addition] : [],
      words: isWhole && words.length > 0 ? ['haproxy', '-W', '-db', '-f', IMAGE_FILE, ...words] : words,
      isWhole,
      ...describeOptions(haproxy, words),
      ...(isMounted ? { mount: { source: made, target: TARGET } } : {}),
      // One that uses the network of the machine finds no container by its name.
      lacksResolvers: container !== undefined && container.ports !== 'host' && !facts.hasResolvers,
    },
  };
}

/** Debian's unit: `haproxy -Ws -f $CONFIG -p $PIDFILE $EXTRAOPTS`, of which /etc/default/haproxy may set each. */
function describeOptions(
  { name, words }: ObservedHaproxy,
  more: readonly string[],
): { readonly extraOptions?: string } {
  const [, mode, file, , pid, , ...extra] = words;
  const isDebian = name.endsWith('.service') && mode === '-Ws' && file === '-f' && pid === '-p';
  return isDebian && more.length > 0 ? { extraOptions: [...extra, ...more].join(' ') } : {};
}

interface Chosen<Addition> {
  readonly path: string;
  readonly addition?: Addition;
}

type Global = HaproxyAdditions['global'][number];
type Words = readonly string[];

function chooseSocket(haproxy: ObservedHaproxy, { sockets }: HaproxyFacts, made: string): Chosen<Global> {
  const reached = sockets.flatMap(({ address, isAdmin }) => {
    const path = reachAddress(haproxy, address);
    return path === undefined ? [] : [{ address, isAdmin, path }];
  });
  const [best] = [...reached].sort((a, b) => Number(b.isAdmin) - Number(a.isAdmin));
  if (best?.isAdmin) return { path: best.path };
  if (best) {
    const line = `stats socket ${best.address} ... level admin`;
    return { path: best.path, addition: { line, because: 'its runtime API may not change anything yet' } };
  }
  const inside = haproxy.container ? `${TARGET}/run/admin.sock` : '/run/haproxy/admin.sock';
  const [other] = sockets;
  const because = other
    ? `its runtime API ${other.address} is ${haproxy.container ? 'in no folder of this machine, and not published on its loopback' : 'not on loopback'}`
    : 'it has no runtime API';
  return {
    path: haproxy.container ? `${made}/run/admin.sock` : inside,
    addition: { line: `stats socket ${inside} mode ${haproxy.container ? 600 : 660} level admin`, because },
  };
}

function chooseMaster(haproxy: ObservedHaproxy, made: string): Chosen<Words> {
  const { words, container } = haproxy;
  const [named] = words.filter((_, index) => words[index - 1] === '-S');
  const found = named === undefined ? undefined : reachAddress(haproxy, named.split(',')[0] ?? '');
  if (found !== undefined) return { path: found };
  const inside = container ? `${TARGET}/run/master.sock` : '/run/haproxy-master.sock';
  // Without words of its own it gets them all, and this one with them.
  const isMaster = words.length === 0 || words.some((word) => /^-Ws?$/.test(word));
  return {
    path: container ? `${made}/run/master.sock` : inside,
    addition: [...(isMaster ? [] : ['-W']), '-S', inside],
  };
}

function chooseFolder(haproxy: ObservedHaproxy, made: string): Chosen<Words> {
  const { words, container, files } = haproxy;
  const folders = words.filter((word, index) => words[index - 1] === '-f' && !/\.[^/]+$/.test(word));
  const found = folders.flatMap((folder) => reachPath(haproxy, folder.replace(/\/$/, '')) ?? []);
  const [first] = found;
  if (first !== undefined) return { path: first };
  const beside = `${dirname(files[0]?.path ?? '/etc/haproxy/haproxy.cfg')}/onward`;
  const inside = container ? `${TARGET}/backends` : beside;
  return {
    path: container ? `${made}/backends` : beside,
    addition: ['-f', inside],
  };
}
