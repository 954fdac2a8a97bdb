import { parseHealthTest } from './parse-config.ts';
import type { Container } from './project.ts';
import { entriesOf, listOf, type Raw, recordOf, textOf } from './raw.ts';

const LABEL = 'com.docker.compose';

/** What `docker container inspect` prints, joined with the digests that `docker image inspect` knows of their images. */
export function parseContainers(
  text: string,
  digests: { readonly [imageId: string]: readonly string[] },
): readonly Container[] {
  return listOf(JSON.parse(text)).map((one) => parseContainer(recordOf(one), digests));
}

/** The digests by which registries know each image, of what `docker image inspect` prints. */
export function parseRepoDigests(text: string): { readonly [imageId: string]: readonly string[] } {
  const images = listOf(JSON.parse(text)).map(recordOf);
  return Object.fromEntries(images.map((image) => [String(image.Id), listOf(image.RepoDigests).map(String)]));
}

/** The folder and the files that Compose was given when it made these containers; the newest one's where they differ. */
export function parseOrigin(text: string): { readonly folder?: string; readonly files: readonly string[] } {
  const newest = listOf(JSON.parse(text))
    .map(recordOf)
    .sort((a, b) => String(a.Created).localeCompare(String(b.Created)))
    .at(-1);
  const labels = recordOf(recordOf(newest?.Config).Labels);
  const folder = textOf(labels[`${LABEL}.project.working_dir`]);
  const files = textOf(labels[`${LABEL}.project.config_files`])?.split(',') ?? [];
  return { ...(folder === undefined ? {} : { folder }), files };
}

function parseContainer(raw: Raw, digests: { readonly [imageId: string]: readonly string[] }): Container {
  const config = recordOf(raw.Config);
  const labels = recordOf(config.Labels);
  const state = recordOf(raw.State);
  const health = textOf(recordOf(state.Health).Status);
  const imageId = String(raw.Image);
  return {
    id: String(raw.Id),
    name: String(raw.Name).replace(/^\//, ''),
    service: textOf(labels[`${LABEL}.service`]) ?? '',
    isOneOff: labels[`${LABEL}.oneoff`] === 'True',
    state: textOf(state.Status) ?? 'unknown',
    exitCode: Number(state.ExitCode ?? 0),
    startedAt: textOf(state.StartedAt) ?? '',
    ...(health === undefined ? {} : { health }),
    image: textOf(config.Image) ?? '',
    imageId,
    healthTest: parseHealthTest({ test: recordOf(config.Healthcheck).Test }),
    repoDigests: digests[imageId] ?? [],
    exposed: Object.keys(recordOf(config.ExposedPorts)).map(portOf),
    published: listPublished(recordOf(recordOf(raw.NetworkSettings).Ports)),
    hostPorts: listPublished(recordOf(recordOf(raw.HostConfig).PortBindings)).map(({ hostPort }) => hostPort),
    networks: entriesOf(recordOf(raw.NetworkSettings).Networks).map(([name, own]) => ({
      name,
      address: textOf(recordOf(own).IPAddress) ?? '',
      aliases: listOf(recordOf(own).Aliases).map(String),
    })),
  };
}

/** An engine that listens on IPv4 and IPv6 tells the same port twice. */
function listPublished(raw: Raw): Container['published'] {
  const found = entriesOf(raw).flatMap(([inside, bindings]) =>
    listOf(bindings).map((binding) => ({
      hostIp: textOf(recordOf(binding).HostIp)?.replace(/^::$/, '0.0.0.0') ?? '0.0.0.0',
      hostPort: Number(recordOf(binding).HostPort),
      target: portOf(inside),
    })),
  );
  return found.filter((one, index) => {
    const same = (other: typeof one) => other.hostPort === one.hostPort && other.hostIp === one.hostIp;
    return found.findIndex(same) === index;
  });
}

/** `8080/tcp` */
function portOf(text: string): number {
  return Number.parseInt(text, 10);
}
