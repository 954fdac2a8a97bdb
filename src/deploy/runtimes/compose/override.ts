import { z } from 'zod';
import type { Json } from '../../../model/index.ts';
import { parseDocument } from '../../../system/index.ts';
import type { InstanceSpec } from '../runtime.ts';
import type { AnonymousVolume } from './anonymous-volumes.ts';
import { LABELS } from './labels.ts';
import { asList } from './project-model.ts';

/** What the override says of one service. All text in it is escaped already. */
export interface Section {
  readonly [key: string]: Json;
}

export type Sections = { readonly [service: string]: Section };

const MARK = '# Written by Onward';
const HEADER = `${MARK}: the images and the environment of what runs, so that "docker compose up -d" changes nothing.
# Each upgrade writes it anew. Change compose.yaml, .env or onward.yaml instead. It may hold secrets: keep it readable for you alone.
`;

/** How Compose is told that something of the operator's file does not count: what is `null` here. */
const RESET = '!reset null';

const json: z.ZodType<Json> = z.json() as z.ZodType<Json>;
const document = z.strictObject({
  services: z.record(z.string(), z.record(z.string(), json)).optional(),
  /** Follows from what the services say of it. */
  volumes: z.record(z.string(), json).optional(),
});

export function isOurs(text: string): boolean {
  return text.startsWith(MARK);
}

/** An empty file that an operator has made for Onward to write. */
export function isBlank(text: string): boolean {
  return (
    text
      .replaceAll(/^\s*#.*$/gm, '')
      .replaceAll(/\s|---/g, '')
      .replace(/^services:(\{\})?$/, '') === ''
  );
}

/** The sections of an override, or what is wrong with its text. */
export async function parseOverride(path: string, text: string): Promise<Sections | { readonly problem: string }> {
  const plain = text.replaceAll(RESET, 'null');
  const { value, findings } = await parseDocument({ kind: 'the override', path, text: plain }, document);
  if (!value) return { problem: findings[0]?.message ?? 'it cannot be read' };
  return (value.services ?? {}) as Sections;
}

/** The text of the override, whole. */
export function renderOverride(sections: Sections): string {
  const names = Object.keys(sections).sort();
  if (names.length === 0) return `${HEADER}services: {}\n`;
  const lines = names.flatMap((name) => [`  ${key(name)}:`, ...renderMap(sections[name] ?? {}, '    ')]);
  const volumes = [
    ...new Set(Object.values(sections).flatMap((section) => listHandedOn(section).map(({ name }) => name))),
  ];
  const declared = volumes.sort().map((name) => `  ${key(name)}: { external: true }`);
  return [`${HEADER}services:`, ...lines, ...(declared.length > 0 ? ['volumes:', ...declared] : []), ''].join('\n');
}

/** The anonymous volumes that the containers of a section got from those before. */
export function listHandedOn({ volumes }: Section): readonly AnonymousVolume[] {
  return asList(volumes)
    .filter(({ type }) => type === 'volume')
    .map(({ source, target, read_only: isReadOnly }) => ({
      ...{ name: String(source), target: String(target).replaceAll('$$', '$'), isReadOnly: isReadOnly === true },
    }));
}

/** What the override says of a service while instances of a specification are what it runs. */
export function buildSection(
  { id: _id, ...spec }: InstanceSpec,
  of: {
    readonly base: string;
    /** The engine's own name of the image. */
    readonly image: string;
    readonly deployment: string;
    readonly replicas: number;
    /** compose.yaml says how many, in a way that decides what Compose takes for a change. */
    readonly hasReplicas: boolean;
    /** The name that compose.yaml gives to its only container, and the networks in which that is one of its names. */
    readonly containerName?: { readonly name: string; readonly networks: readonly string[] };
    readonly stateDirectory: string;
    readonly handedOn?: readonly AnonymousVolume[];
  },
): Section {
  const { service, release, kind, identity, config, artifact, command, environment, run } = spec;
  const labels = {
    [LABELS.deployment]: of.deployment,
    [LABELS.service]: service,
    [LABELS.base]: of.base,
    [LABELS.kind]: kind,
    [LABELS.release]: release,
    [LABELS.identity]: identity,
    [LABELS.image]: of.image,
    [LABELS.config]: config,
    [LABELS.run]: run,
  };
  const handedOn = (of.handedOn ?? []).map(({ name, target, isReadOnly }) => ({
    ...{ type: 'volume', source: name, target },
    ...(isReadOnly ? { read_only: true } : {}),
  }));
  const mounts = [...listMounts(environment, of.stateDirectory), ...handedOn];
  return escapeAll({
    image: artifact,
    ...(command.length === 0 ? {} : { command: [...command] }),
    ...(kind === 'one-shot' ? { restart: 'no' } : {}),
    scale: of.replicas,
    ...(of.hasReplicas ? { deploy: { replicas: null } } : {}),
    ...renameFreely(of.containerName),
    environment: { ...environment, ONWARD_SERVICE: service, ONWARD_RELEASE: release },
    labels,
    ...(mounts.length === 0 ? {} : { volumes: mounts }),
  });
}

/** Of two containers only one could have it, old or new; others of the project find all of them by it. */
function renameFreely(containerName: { readonly name: string; readonly networks: readonly string[] } | undefined): {
  readonly [key: string]: Json;
} {
  if (!containerName) return {};
  const { name, networks } = containerName;
  const aliases = networks.map((network) => [network, { aliases: [name] }] as const);
  return { container_name: null, ...(networks.length === 0 ? {} : { networks: Object.fromEntries(aliases) }) };
}

/** What `docker compose run` needs to know of a command: its image and environment. */
export function buildCommandSection(
  artifact: string,
  environment: { readonly [name: string]: string },
  stateDirectory: string,
): Section {
  const mounts = listMounts(environment, stateDirectory);
  return escapeAll({
    image: artifact,
    // What compose.yaml says of pulls is of the image that it names.
    pull_policy: 'missing',
    environment: { ...environment },
    ...(mounts.length === 0 ? {} : { volumes: mounts }),
  });
}

/** Configuration files are read under the name that they have on this machine. */
function listMounts(environment: { readonly [name: string]: string }, stateDirectory: string): Json[] {
  const paths = Object.entries(environment).filter(
    ([name, value]) => name.startsWith('ONWARD_CONFIG_') && value.startsWith(`${stateDirectory}/`),
  );
  return paths.map(([, path]) => ({ type: 'bind', source: path, target: path, read_only: true }));
}

/** Compose puts variables in the place of `$NAME`; `$$` is a plain `$`. */
function escapeAll(section: { readonly [key: string]: Json }): Section {
  const escapeValue = (value: Json): Json => {
    if (typeof value === 'string') return value.replaceAll('$', '$$$$');
    if (Array.isArray(value)) return value.map(escapeValue);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, escapeValue(inner as Json)]));
  };
  return escapeValue(section as Json) as Section;
}

/** Of which base the instances are that a section describes. */
export function baseOf(section: { readonly [key: string]: Json } | undefined): Json | undefined {
  return (section?.labels as { readonly [label: string]: Json } | undefined)?.[LABELS.base];
}

function renderMap(map: { readonly [key: string]: Json | undefined }, indent: string): readonly string[] {
  return Object.entries(map).flatMap(([name, value]) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isMap || Object.keys(value).length === 0)
      return [`${indent}${key(name)}: ${value === null ? RESET : JSON.stringify(value)}`];
    return [`${indent}${key(name)}:`, ...renderMap(value as { readonly [key: string]: Json }, `${indent}  `)];
  });
}

function key(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(name)
    ? name
    : JSON.stringify(name);
}
