import { basename } from 'node:path';
import { RESOLVERS_SECTION } from '../../deploy/index.ts';
import type { FrontedService, OwnHaproxy } from '../decide/own-haproxy.ts';
import { comment, entry, heading } from './yaml-lines.ts';

export interface Front {
  readonly own: OwnHaproxy;
  readonly fronted: FrontedService;
}

/** How paths of this machine are written in onward.yaml. */
export type Shorten = (path: string) => string;

/** `switch` of a service behind a HAProxy of the operator's. */
export function renderFront({ own, fronted }: Front, listen: string | undefined, shorten: Shorten): readonly string[] {
  const { place } = own;
  const [line] = fronted.lines;
  const what = `switch: ${own.name} sends its requests there, by "${line?.before}" of ${line?.frontend}`;
  const rest = isReady(own)
    ? '; what you change in it stands at the end'
    : '; not yet usable: what it needs stands at the end';
  return [
    ...comment(4, `${what}${rest}`),
    heading(4, 'switch'),
    heading(6, 'haproxy'),
    entry(8, 'socket', shorten(place.socket)),
    entry(8, 'backend', fronted.backend),
    entry(8, 'file', shorten(`${place.folder}/${fronted.backend}.cfg`)),
    entry(8, 'master', shorten(place.master)),
    entry(8, 'mode', fronted.mode),
    ...(listen === undefined ? [] : [`        listen: ${JSON.stringify(listen)}`]),
  ];
}

/** Nothing has to be added to it but lines that lead to the new backends. */
export function isReady({ place: { additions } }: OwnHaproxy): boolean {
  const { global, words, mount, lacksResolvers } = additions;
  return global.length === 0 && words.length === 0 && !mount && !lacksResolvers;
}

/** What its operator types to have it read its configuration again. */
export function reloadCommand({ name, isInProject }: Pick<OwnHaproxy, 'name' | 'isInProject'>): string {
  if (isInProject) return `docker compose kill --signal USR2 ${name}`;
  const [, process] = /process (\d+)/.exec(name) ?? [];
  return process === undefined ? `systemctl reload ${name}` : `kill -USR2 ${process}`;
}

/** What its operator does to make it the switch, in the order in which no request fails, as comments. */
export function renderOwnHaproxy(own: OwnHaproxy, around: Surroundings): readonly string[] {
  const names = own.fronted.map(({ name }) => name).join(', ');
  const steps = [...renderAdditions(own, around.user), ...renderChange(own, around)];
  return [
    ...own.refused.flatMap(({ name, because }) =>
      comment(0, `${own.name} is HAProxy in front of ${name}, and cannot be its switch as it is: ${because}`),
    ),
    ...(own.fronted.length === 0
      ? []
      : [
          ...comment(0, `${own.name} is HAProxy in front of ${names}, and becomes the switch. In this order:`),
          ...steps.flatMap(({ text, lines = [] }, index) => [
            ...comment(0, `${index + 1}. ${text}`),
            ...lines.map((line) => `#      ${line}`.trimEnd()),
          ]),
        ]),
  ];
}

export interface Surroundings {
  /** Of the services. */
  readonly runtime: 'compose' | 'ssh';
  /** `uid:gid` of the operator. */
  readonly user: string;
}

interface Step {
  readonly text: string;
  readonly lines?: readonly string[];
}

function renderAdditions(own: OwnHaproxy, user: string): readonly Step[] {
  const { name, isInProject, place } = own;
  const { words, mount } = place.additions;
  const sections = listSections(own);
  if (sections.length === 0 && words.length === 0 && !mount) return [];
  const needsStart = words.length > 0 || mount !== undefined;
  const [global] = place.additions.global;
  return [
    ...(sections.length === 0
      ? []
      : [{ text: `Add to its configuration${global ? ` (${global.because})` : ''}:`, lines: sections }]),
    ...(needsStart ? [isInProject ? describeService(own, user) : describeUnit(own)] : []),
    needsStart ? { text: describeStart(own) } : { text: `Have it read that: ${reloadCommand({ name, isInProject })}` },
  ];
}

/** What has to stand in its configuration besides. */
function listSections({ place: { additions }, fronted }: OwnHaproxy): readonly string[] {
  const closing = fronted.filter(({ closesIdle }) => closesIdle).flatMap(({ lines }) => lines);
  const frontends = [...new Set(closing.map(({ frontend }) => frontend))];
  return [
    ...additions.global.flatMap(({ line }) => ['global', `  ${line}`]),
    ...frontends.flatMap((frontend) => [`frontend ${frontend}`, ...SOFT_RELOADS.map((line) => `  ${line}`)]),
    ...(additions.lacksResolvers ? RESOLVERS_SECTION : []),
  ];
}

/** A reload breaks no kept-alive connection, and the process before it ends soon. */
const SOFT_RELOADS = ['option idle-close-on-response', 'timeout http-keep-alive 20s'];

function describeService({ name, place }: OwnHaproxy, user: string): Step {
  const { words, mount, isWhole } = place.additions;
  const list = words.map((word) => JSON.stringify(word)).join(', ');
  const command = isWhole ? `command: [${list}]` : `command: at its end ${list}`;
  const folder = mount && basename(mount.source);
  const made = mount ? `"mkdir -p ${folder}/run ${folder}/backends" beside compose.yaml, and add` : 'Add';
  const mounted = mount
    ? [`volumes: [${JSON.stringify(`./${folder}:${mount.target}`)}]`, `user: ${JSON.stringify(user)}`]
    : [];
  const why = mount ? ', which runs as you then, so that you can use its sockets' : '';
  return { text: `${made} to ${name} there${why}:`, lines: [...(words.length > 0 ? [command] : []), ...mounted] };
}

function describeUnit({ name, place }: OwnHaproxy): Step {
  const { words, extraOptions } = place.additions;
  const folder = words[words.indexOf('-f') + 1];
  const made = words.includes('-f') ? `"mkdir -p ${folder}", and have` : 'Have';
  if (extraOptions !== undefined)
    return {
      text: `${made} this one line in /etc/default/haproxy, in place of any other that sets EXTRAOPTS:`,
      lines: [`EXTRAOPTS="${extraOptions}"`],
    };
  return {
    text: `${made} ${name} started with these words, too:`,
    lines: [words.join(' ')],
  };
}

function describeStart({ name, isInProject }: OwnHaproxy): string {
  if (!isInProject) return `Restart ${name} at a quiet moment: its ports answer nobody meanwhile.`;
  return `"docker compose up -d ${name}" at a quiet moment: its container is made anew, and its ports answer nobody meanwhile.`;
}

function renderChange(own: OwnHaproxy, { runtime }: Surroundings): readonly Step[] {
  const { fronted } = own;
  const rules = fronted.flatMap((one) => one.rules);
  const backends = fronted.map(({ backend }) => backend).join(', ');
  return [
    ...(rules.length === 0
      ? []
      : [
          {
            text: 'What these lines of its backends do does not hold in those of Onward: have it in the frontends.',
            lines: rules.map(({ backend, line }) => `backend ${backend}: ${line} ...`),
          },
        ]),
    {
      text:
        runtime === 'compose'
          ? `"onward adopt traffic" writes ${backends}, with what runs now. Nobody is sent there yet.`
          : `"onward adopt release" puts the units that run on record; then "onward adopt traffic" writes ${backends}, with those units. Nobody is sent there yet.`,
    },
    {
      text: own.isInProject
        ? 'Change these lines. Where the file is mounted by itself, write it in place: a container does not see one that is put in its stead.'
        : 'Change these lines.',
      lines: fronted.flatMap(({ lines }) =>
        lines.flatMap(({ frontend, before, after }) => [`frontend ${frontend}: ${before}`, `  becomes: ${after}`]),
      ),
    },
    {
      text: `Have it read them: ${reloadCommand(own)}. No request fails by it. Upgrade only then: what is sent to the backends of before goes past the switch.`,
    },
  ];
}
