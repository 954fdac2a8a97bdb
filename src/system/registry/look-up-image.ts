import { createHash } from 'node:crypto';
import { type Digest, type ImageReference, isDigest } from '../../model/index.ts';
import type { HttpResponse } from '../http.ts';
import { ask, type Conversation, openConversation, type RegistrySystem } from './conversation.ts';
import { notARegistry, notFound, wrongManifest } from './errors.ts';
import { type IndexedImage, MANIFEST_TYPES, type Manifest, parseManifest } from './manifest.ts';

/** An image as its registry has it. */
export interface FoundImage {
  /** Of its manifest, or of its index when it is there for several platforms. */
  readonly identity: Digest;
  /** Of its layers as they are sent; of an index, those of the largest platform that is listed, so that it is the same on every machine. */
  readonly bytes: number;
  /** Of an index: the bytes of each of its images for linux/amd64 and linux/arm64, or of other Linux ones when it has neither. */
  readonly platforms: { readonly [platform: string]: number };
}

const USUAL_PLATFORMS = ['linux/amd64', 'linux/arm64'];
const MOST_PLATFORMS = 4;

/**
 * Looks an image up in its registry, by its digest if it has one, else by its tag, with the credentials that Docker would use. Registries of
 * this machine may speak plain HTTP. What is read is hashed and compared. Fetches manifests only, within the time limit as a whole. Throws
 * `registry.not-found`, `.refused`, `.credentials`, `.timeout`, `.unreachable`, `.busy`, `.not-a-registry`, `.wrong-manifest`; changes nothing.
 */
export async function lookUpImage(
  system: RegistrySystem,
  image: ImageReference,
  { limitMs }: { readonly limitMs: number },
): Promise<FoundImage> {
  const talk = openConversation(system, image, limitMs);
  const { identity, manifest } = await fetchManifest(talk, targetOf(image));
  if (manifest.kind === 'image') return { identity, bytes: manifest.bytes, platforms: {} };
  const platforms: { [platform: string]: number } = {};
  for (const { platform, digest } of choosePlatforms(talk, manifest.images)) {
    const found = await fetchManifest(talk, digest);
    if (found.manifest.kind !== 'image') throw wrongManifest(image, `its index lists an index for ${platform}`);
    platforms[platform] = found.manifest.bytes;
  }
  return { identity, bytes: Math.max(...Object.values(platforms)), platforms };
}

/**
 * The digest that an image's tag points to now: one question, which registries do not count as a pull. Throws as `lookUpImage` does.
 */
export async function lookUpDigest(
  system: RegistrySystem,
  image: ImageReference,
  { limitMs }: { readonly limitMs: number },
): Promise<Digest> {
  const talk = openConversation(system, image, limitMs);
  const target = targetOf(image);
  const answer = await ask(talk, `manifests/${target}`, { method: 'HEAD', accept: MANIFEST_TYPES });
  const said = digestHeader(answer);
  // Without a body there is no telling why it is not there, or what is.
  return answer.status === 200 && said !== undefined ? said : (await fetchManifest(talk, target)).identity;
}

/** What Docker fetches when nothing is said. */
function targetOf({ tag = 'latest', digest }: ImageReference): string {
  return digest ?? tag;
}

async function fetchManifest(
  talk: Conversation,
  target: string,
): Promise<{ readonly identity: Digest; readonly manifest: Manifest }> {
  const { image } = talk;
  const answer = await ask(talk, `manifests/${target}`, { method: 'GET', accept: MANIFEST_TYPES });
  if (answer.status === 404) throw isOfRegistry(answer) ? notFound(image) : notARegistry(image, 'it answered with 404');
  const identity: Digest = `sha256:${createHash('sha256').update(answer.body).digest('hex')}`;
  const said = digestHeader(answer);
  if ((isDigest(target) && target !== identity) || (said !== undefined && said !== identity)) {
    throw wrongManifest(image, `the registry says that its content is ${said ?? target}, and it is ${identity}`);
  }
  const manifest = parseManifest(answer.body);
  if (manifest) return { identity, manifest };
  if (isOfRegistry(answer))
    throw wrongManifest(image, 'its manifest is in a form that is not read, such as that of before 2017');
  throw notARegistry(image, 'it answered with something else than a manifest');
}

function choosePlatforms({ image }: Conversation, images: readonly IndexedImage[]): readonly IndexedImage[] {
  const linux = images.filter(({ platform }) => platform.startsWith('linux/'));
  const usual = linux.filter(({ platform }) => USUAL_PLATFORMS.includes(platform));
  if (linux.length === 0) throw wrongManifest(image, 'its index lists no image for Linux');
  return (usual.length > 0 ? usual : linux).slice(0, MOST_PLATFORMS);
}

function digestHeader({ headers }: HttpResponse): Digest | undefined {
  const said = headers['docker-content-digest'];
  return typeof said === 'string' && isDigest(said) ? said : undefined;
}

/** Whether it says so: by its header, or by how it tells errors. */
function isOfRegistry({ headers, body }: HttpResponse): boolean {
  return headers['docker-distribution-api-version'] !== undefined || /^\s*\{\s*"errors"\s*:/.test(body);
}
