/** A unit that Onward has not started, as `scripts/observe-foreign.ts` prints it. */
export interface ForeignUnit {
  readonly unit: string;
  /** What systemd calls its state: `active`. */
  readonly state: string;
  /** Other units that start it again although it was stopped, or disabled. */
  readonly starters: readonly string[];
  /** The folder of which it runs a program; `undefined`: none was found. */
  readonly root: string | undefined;
  /** Paths below it: of files and links that are not the artifact's, and of those that have changed since its process started. */
  readonly differs: readonly string[];
  readonly late: readonly string[];
  /** What is there beside the artifact's files. */
  readonly extras: readonly string[];
  /** Name of its container, the id of its image, and the digests by which registries know it. */
  readonly container: string | undefined;
  readonly image: string | undefined;
  readonly digests: readonly string[];
  readonly isEngineSilent: boolean;
  /** That it listens on, or that its container holds on the host. */
  readonly ports: readonly number[];
}

/** `provenAt`: seconds of the host's clock since the epoch, before it was looked at. */
export function parseForeign(text: string): { readonly provenAt: string; readonly units: readonly ForeignUnit[] } {
  const [head = '', ...blocks] = text.split(/^(?=unit )/m);
  return { provenAt: /^now (\S+)$/m.exec(head)?.[1] ?? '', units: blocks.map(parseUnit) };
}

function parseUnit(block: string): ForeignUnit {
  const lines = block.split('\n');
  const all = (word: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const [unit = '', state = ''] = all('unit')[0]?.split(' ') ?? [];
  return {
    unit,
    state,
    starters: all('starter'),
    root: all('root')[0],
    differs: all('differs'),
    late: all('late'),
    extras: all('extra'),
    container: all('container')[0]?.replace(/^\//, ''),
    image: all('image')[0],
    digests: all('digest'),
    isEngineSilent: all('silent').length > 0,
    ports: [...new Set(all('port').map(Number))].filter((port) => port > 0).sort((a, b) => a - b),
  };
}
