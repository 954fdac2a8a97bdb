/** What of a HAProxy's configuration says whom it sends requests to, and how it can be talked to. */
export interface HaproxyFacts {
  readonly sockets: readonly { readonly address: string; readonly isAdmin: boolean }[];
  readonly backends: readonly HaproxyBackend[];
  readonly routes: readonly HaproxyRoute[];
  /** It finds containers by the section that Onward's backends ask for. */
  readonly hasResolvers: boolean;
}

export interface HaproxyBackend {
  readonly name: string;
  /** A `listen` section is its own frontend. */
  readonly isListen: boolean;
  readonly mode: 'http' | 'tcp';
  readonly servers: readonly { readonly host: string; readonly port: number; readonly words: readonly string[] }[];
  /** Lines that would not hold in a backend of Onward's. */
  readonly rules: readonly string[];
}

/** A line of a frontend that leads to a backend. */
export interface HaproxyRoute {
  readonly frontend: string;
  readonly line: string;
  /** `undefined`: it is computed for each request. */
  readonly backend?: string;
  /** Where the frontend listens, as in `:80`. */
  readonly binds: readonly string[];
  /** A reload may close a kept-alive connection under a client that is about to use it. */
  readonly closesIdle: boolean;
}

const SECTION =
  /^(global|defaults|frontend|backend|listen|resolvers|userlist|peers|cache|mailers|program|ring|http-errors|fcgi-app|log-forward|crt-store|traces)$/;
/** What a backend of Onward's has too, or what is of its servers. */
const SETTLED =
  /^(mode|balance|server|default-server|server-template|timeout|retries|log|description|http-check|(no )?option (httpchk|tcp-check|http-check|redispatch|forwardfor|http-server-close|http-keep-alive|abortonclose|log-health-checks))\b/;

interface Section {
  readonly kind: string;
  readonly name: string;
  /** In force for it: its own, else that of the defaults before it. */
  readonly mode: 'http' | 'tcp';
  readonly closesIdle: boolean;
  readonly lines: readonly Line[];
}

interface Line {
  readonly text: string;
  readonly words: readonly string[];
}

/** Reads a configuration, given as the texts of its files in order. `variables`: what `${NAME}` stands for in it. Pure. */
export function parseHaproxy(
  texts: readonly string[],
  variables: { readonly [name: string]: string } = {},
): HaproxyFacts {
  const sections = splitSections(texts.join('\n'), variables);
  const of = (...kinds: readonly string[]) => sections.filter(({ kind }) => kinds.includes(kind));
  return {
    sockets: of('global').flatMap(({ lines }) => lines.flatMap(({ words }) => toSocket(words))),
    backends: of('backend', 'listen').map(toBackend),
    routes: of('frontend', 'listen').flatMap(toRoutes),
    hasResolvers: of('resolvers').some(({ name }) => name === 'onward'),
  };
}

function splitSections(text: string, variables: { readonly [name: string]: string }): readonly Section[] {
  const found: { readonly kind: string; readonly name: string; readonly lines: Line[] }[] = [];
  for (const raw of text.split('\n')) {
    const words = splitWords(raw, variables);
    const [first = '', name = ''] = words;
    if (SECTION.test(first)) found.push({ kind: first, name, lines: [] });
    else if (first !== '') found.at(-1)?.lines.push({ text: raw.trim(), words });
  }
  return found.map((section, index) => {
    const before = found.slice(0, index).findLast(({ kind }) => kind === 'defaults');
    const lines = [...(before?.lines ?? []), ...section.lines];
    const mode = lines.findLast(({ words }) => words[0] === 'mode')?.words[1] === 'http' ? 'http' : 'tcp';
    const isSoft = lines.some(({ text: line }) => /^option\s+idle-close-on-response/.test(line));
    return { ...section, mode, closesIdle: mode === 'http' && !isSoft };
  });
}

/** Words with quotes and backslashes taken away, up to a comment. */
function splitWords(line: string, variables: { readonly [name: string]: string }): readonly string[] {
  const words = line.match(/#.*|(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\#])+/g) ?? [];
  const end = words.findIndex((word) => word.startsWith('#'));
  return (end === -1 ? words : words.slice(0, end)).map((word) =>
    word
      .replace(/\\(.)|"|'/g, '$1')
      .replace(/\$\{?([A-Za-z_]\w*)\}?/g, (whole, name: string) => variables[name] ?? whole),
  );
}

function toSocket(words: readonly string[]): HaproxyFacts['sockets'] {
  const [first, second, address, ...rest] = words;
  if (first !== 'stats' || second !== 'socket' || address === undefined) return [];
  return [{ address, isAdmin: rest[rest.indexOf('level') + 1] === 'admin' && rest.includes('level') }];
}

function toBackend({ kind, name, mode, lines }: Section): HaproxyBackend {
  const isListen = kind === 'listen';
  return {
    ...{ name, isListen, mode },
    servers: lines.flatMap(({ words }) => toServer(words)),
    rules: lines.flatMap(({ text }) => (SETTLED.test(text) || (isListen && /^(bind|acl)\b/.test(text)) ? [] : [text])),
  };
}

function toServer(words: readonly string[]): HaproxyBackend['servers'] {
  const [first] = words;
  if (first !== 'server' && first !== 'server-template') return [];
  const [address = '', ...rest] = words.slice(first === 'server' ? 2 : 3);
  const [, host, port] = /^(?:ipv4@|ipv6@)?\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return host === undefined ? [] : [{ host, port: Number(port), words: rest }];
}

function toRoutes({ kind, name, lines, closesIdle }: Section): readonly HaproxyRoute[] {
  const binds = lines.flatMap(({ words }) => (words[0] === 'bind' ? (words[1]?.split(',') ?? []) : []));
  const own = kind === 'listen' ? [{ frontend: name, line: `listen ${name}`, backend: name, binds, closesIdle }] : [];
  return [
    ...own,
    ...lines.flatMap(({ text, words: [first, backend = ''] }) => {
      if (first !== 'use_backend' && first !== 'default_backend') return [];
      return [{ frontend: name, line: text, binds, closesIdle, ...(backend.includes('%[') ? {} : { backend }) }];
    }),
  ];
}
