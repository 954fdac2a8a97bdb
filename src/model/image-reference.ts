import { type Digest, isDigest } from './identity.ts';

/** An image in a registry, in full: Docker's short names are written out. */
export interface ImageReference {
  /** Host, and port when it has one: `registry.example:5000`, `docker.io`. */
  readonly registry: string;
  /** Path in the registry: `shop/api`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const HOST_PART = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const REGISTRY = new RegExp(String.raw`^(?:${HOST_PART}(?:\.${HOST_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?$`);
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const LONGEST_NAME = 255;
const DOCKER_HUB = 'docker.io';

/**
 * Text to an image, as Docker reads it: without a registry it is on Docker Hub (`postgres:16` is `docker.io/library/postgres:16`). No tag is
 * added where there is none. `undefined` when it names no image.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const [named = '', digest, ...others] = text.split('@');
  if (others.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined;
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const [path, tag] = colon < 0 ? [named] : [named.slice(0, colon), named.slice(colon + 1)];
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const { registry, repository } = splitName(path);
  // Sixty-four hex digits would be the number of an image of the engine; a host such as 300.0 is none.
  if (isDigest(`sha256:${path}`) || !REGISTRY.test(registry) || !URL.canParse(`https://${registry}/`)) return undefined;
  if (!repository.split('/').every((part) => PATH_PART.test(part))) return undefined;
  if (`${registry}/${repository}`.length > LONGEST_NAME) return undefined;
  return { registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** The first part is a registry when no repository could begin like it: it has a dot, a port or capital letters, or is `localhost`. */
function splitName(path: string): Pick<ImageReference, 'registry' | 'repository'> {
  const slash = path.indexOf('/');
  const first = slash < 0 ? '' : path.slice(0, slash);
  const isRegistry = /[.:A-Z]/.test(first) || first === 'localhost';
  const registry = isRegistry ? first : DOCKER_HUB;
  const repository = isRegistry ? path.slice(slash + 1) : path;
  if (registry !== DOCKER_HUB && registry !== 'index.docker.io') return { registry, repository };
  return { registry: DOCKER_HUB, repository: repository.includes('/') ? repository : `library/${repository}` };
}

/** In full, as `docker pull` takes it. */
export function describeImage({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
