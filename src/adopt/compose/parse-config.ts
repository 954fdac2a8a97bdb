import type { ComposeService, Dependency, Mount, PublishedPort } from './project.ts';
import { entriesOf, isRecord, listOf, type Raw, recordOf, textOf, wordsOf } from './raw.ts';

export interface ParsedConfig {
  readonly name: string;
  readonly services: readonly ComposeService[];
}

/** What `docker compose config --format json` prints, and the same with `--no-interpolate`; a key that it does not know is left alone. */
export function parseConfig(text: string, writtenText: string): ParsedConfig {
  const config = recordOf(JSON.parse(text));
  const written = recordOf(recordOf(JSON.parse(writtenText)).services);
  const files = Object.fromEntries(
    entriesOf(config.secrets).flatMap(([name, secret]) => {
      const file = textOf(recordOf(secret).file);
      return file === undefined ? [] : [[name, file]];
    }),
  );
  return {
    name: textOf(config.name) ?? '',
    services: entriesOf(config.services).map(([name, raw]) =>
      parseService(name, recordOf(raw), { written: recordOf(written[name]), files }),
    ),
  };
}

interface Surroundings {
  readonly written: Raw;
  readonly files: { readonly [secret: string]: string };
}

function parseService(name: string, raw: Raw, { written, files }: Surroundings): ComposeService {
  const image = textOf(raw.image);
  const replicas = numberOf(recordOf(raw.deploy).replicas) ?? numberOf(raw.scale);
  return {
    name,
    ...optional('image', image),
    isBuilt: raw.build !== undefined,
    profiles: listOf(raw.profiles).map(String),
    command: [...wordsOf(raw.entrypoint), ...wordsOf(raw.command)],
    ports: listOf(raw.ports).flatMap((port) => parsePort(recordOf(port))),
    exposed: listOf(raw.expose).map(Number).filter(Number.isInteger),
    mounts: listOf(raw.volumes).map((mount) => parseMount(recordOf(mount))),
    environment: parseEnvironment(raw.environment),
    written: parseEnvironment(written.environment),
    dependsOn: parseDependencies(raw.depends_on),
    healthTest: parseHealthTest(recordOf(raw.healthcheck)),
    ...optional('replicas', replicas),
    ...optional('restart', textOf(raw.restart)),
    ...optional('containerName', textOf(raw.container_name)),
    ...optional('stopGracePeriod', textOf(raw.stop_grace_period)),
    ...optional('networkMode', textOf(raw.network_mode)),
    networks: entriesOf(raw.networks).map(([network, own]) => ({
      name: network,
      aliases: listOf(recordOf(own).aliases).map(String),
    })),
    secretFiles: parseSecretFiles(raw.secrets, files),
  };
}

/** A property that is left out where it has no value. */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [name in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [name in K]?: V };
}

function numberOf(raw: unknown): number | undefined {
  const value = Number(raw ?? Number.NaN);
  return Number.isInteger(value) ? value : undefined;
}

function parsePort(raw: Raw): readonly PublishedPort[] {
  const target = numberOf(raw.target);
  if (target === undefined) return [];
  return [
    {
      target,
      protocol: textOf(raw.protocol) ?? 'tcp',
      ...optional('published', textOf(raw.published)),
      ...optional('hostIp', textOf(raw.host_ip)),
    },
  ];
}

function parseMount(raw: Raw): Mount {
  return {
    kind: textOf(raw.type) ?? 'volume',
    ...optional('source', textOf(raw.source)),
    target: textOf(raw.target) ?? '',
    isReadOnly: raw.read_only === true,
  };
}

/** A variable without a value is one that Compose takes from its own environment, and does not find there. */
function parseEnvironment(raw: unknown): { readonly [name: string]: string } {
  const pairs = isRecord(raw)
    ? Object.entries(raw)
    : listOf(raw).map((line) => {
        const [, name = '', value] = /^([^=]*)=?([\s\S]*)$/.exec(String(line)) ?? [];
        return [name, value] as const;
      });
  return Object.fromEntries(pairs.flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])));
}

function parseDependencies(raw: unknown): readonly Dependency[] {
  return entriesOf(raw).map(([service, own]) => ({
    service,
    condition: textOf(recordOf(own).condition) ?? 'service_started',
  }));
}

/** The words of a health check, without how they are run; empty where there is none. */
export function parseHealthTest(raw: Raw): readonly string[] {
  if (raw.disable === true) return [];
  const [first, ...rest] = wordsOf(raw.test);
  if (first === undefined || first === 'NONE') return [];
  return first === 'CMD' || first === 'CMD-SHELL' ? rest : [first, ...rest];
}

function parseSecretFiles(raw: unknown, files: Surroundings['files']): { readonly [target: string]: string } {
  const found = listOf(raw).flatMap((one) => {
    const source = textOf(recordOf(one).source) ?? '';
    const target = textOf(recordOf(one).target) ?? source;
    const file = files[source];
    return file === undefined ? [] : [[target.startsWith('/') ? target : `/run/secrets/${target}`, file] as const];
  });
  return Object.fromEntries(found);
}
