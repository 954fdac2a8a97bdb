import { engineOf } from '../hosts/find-container.ts';
import type { ObservedUnit } from '../hosts/observed-host.ts';
import { type Decision, told, unknown } from './decision.ts';
import { parseImageName } from './image-name.ts';

/** What a unit runs in a container, and what keeps Onward from driving it. */
export interface UnitImage {
  /** `repository@sha256:…` of what runs, where a registry knows it. */
  readonly image: Decision<string | undefined>;
  /** What stands behind the image in its `docker run`. */
  readonly command: readonly string[];
  /** Words of its `docker run` that Onward does not say by itself. */
  readonly options: readonly string[];
  /** Names of the variables that it gets. */
  readonly variables: readonly string[];
  /** Each a reason with what is to be changed. */
  readonly obstacles: readonly string[];
}

/** `undefined`: its units run no container engine. Pure. */
export function chooseUnitImage(active: readonly (ObservedUnit & { readonly host: string })[]): UnitImage | undefined {
  const [first] = active;
  if (!first) return undefined;
  if (engineOf(first.command) === undefined) return hiddenEngine(first.command);
  const found = active.flatMap(({ container }) => (container ? [container] : []));
  const { container } = first;
  const at = container ? first.command.lastIndexOf(container.reference) : -1;
  return {
    image: chooseImage(active),
    command: at === -1 ? [] : first.command.slice(at + 1),
    options: at === -1 ? [] : keepOptions(first.command.slice(first.command.indexOf('run') + 1, at)),
    variables: [...new Set(found.flatMap(({ variables }) => variables))].filter((name) => name !== 'PORT').sort(),
    obstacles: [...new Set(active.flatMap(listObstacles))],
  };
}

function chooseImage(active: readonly (ObservedUnit & { readonly host: string })[]): UnitImage['image'] {
  const lost = active.find(({ container }) => container === undefined);
  if (lost) {
    const said = lost.command.slice(0, 2).join(' ');
    const mend = 'give it --name, or name the image there without a variable';
    return unknown(undefined, `which image ${lost.instance} runs on ${lost.host} by "${said}": ${mend}`);
  }
  const digests = active.map(({ container, host }) => {
    const { digests: all = [], reference = '' } = container ?? {};
    const { repository } = parseImageName(reference);
    return { host, reference, digest: all.find((one) => one.startsWith(`${repository}@`)) ?? all[0] };
  });
  const [first] = digests;
  const unpushed = digests.find(({ digest }) => digest === undefined);
  if (unpushed) {
    const what = `by which digest a registry knows ${unpushed.reference}, which ${unpushed.host} runs`;
    return unknown(undefined, `${what}: it was built or loaded there; push it, then pull it by its digest`);
  }
  const other = digests.find(({ digest }) => digest !== first?.digest);
  if (other) {
    return unknown(undefined, `which image it is: ${first?.host} runs ${first?.digest}, ${other.host} ${other.digest}`);
  }
  return told(first?.digest, `${first?.host} runs ${first?.reference} as this`);
}

/** A shell or another program may stand between. */
function hiddenEngine(command: readonly string[]): UnitImage | undefined {
  if (!/(^|[/\s])(docker|podman) run\b/.test(command.join(' '))) return undefined;
  const because = `which image it runs: ${command[0]} stands between; write "docker run" itself into ExecStart`;
  return { image: unknown(undefined, because), command: [], options: [], variables: [], obstacles: [] };
}

function listObstacles({ type, command, container }: ObservedUnit): readonly string[] {
  const heeded = container?.variables.filter((name) => name.startsWith('DOCKER_')) ?? [];
  return [
    ...(engineOf(command) === 'podman'
      ? ['Podman runs it, and Onward drives Docker: install Docker 20.10 or later on its hosts']
      : []),
    ...(/^(exec|simple|)$/.test(type)
      ? []
      : [`it is Type=${type}, and what a container says does not reach systemd: make it Type=exec`]),
    ...(heeded.length === 0 ? [] : [`docker itself would heed ${heeded.join(', ')}: give the variable another name`]),
    ...(container ? listNetworkObstacles(container) : []),
  ];
}

/** Onward runs containers in the network of the host, and says by PORT where to listen. */
function listNetworkObstacles({ network, published }: NonNullable<ObservedUnit['container']>): readonly string[] {
  const moved = published.find(({ host, inside }) => host !== inside);
  const isNamed = !/^(host|bridge|default|podman|slirp4netns|pasta)$/.test(network);
  return [
    ...(moved
      ? [
          `its port ${moved.inside} is ${moved.host} of the host, and Onward runs it in the network of the host: have it listen on what PORT says`,
        ]
      : []),
    ...(isNamed
      ? [
          `it is in the network ${network}, and Onward runs it in that of the host: have it ask others by their hosts, not by names of containers`,
        ]
      : []),
  ];
}

/** What Onward says by itself, with the word behind it or without. */
const SAID_WITH_VALUE = /^(--name|--network|--net|--pull|--log-driver|-p|--publish|-e|--env|--env-file|--cidfile)$/;
const SAID =
  /^(--rm|-d|--detach|-i|-t|-it|-ti|--interactive|--tty|--sdnotify=.*|(--name|--network|--net|--pull|--log-driver|--publish|--env|--env-file|--cidfile)=.*)$/;

function keepOptions(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => !SAID.test(word) && !SAID_WITH_VALUE.test(word) && !isSaidValue(words, index));
}

function isSaidValue(words: readonly string[], index: number): boolean {
  return SAID_WITH_VALUE.test(words[index - 1] ?? '');
}
