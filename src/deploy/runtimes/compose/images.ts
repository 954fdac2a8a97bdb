import type { Digest } from '../../../model/index.ts';
import { isDigest } from '../../../model/index.ts';
import type { ComposeContext } from './compose-context.ts';
import { type Container, labelOf } from './containers.ts';
import { LABELS } from './labels.ts';

/** Of what cannot be looked up; equal to nothing that a release has. */
export const NO_IDENTITY: Digest = `sha256:${'0'.repeat(64)}`;

export interface EngineImage {
  readonly id: string;
  /** As in `registry.example/shop/api@sha256:…`. */
  readonly repoDigests: readonly string[];
  readonly bytes: number;
  /** Paths at which its containers get a volume. */
  readonly volumes: readonly string[];
}

/** `undefined` when the engine has no such image. */
export async function inspectImage(
  { engine }: Pick<ComposeContext, 'engine'>,
  reference: string,
): Promise<EngineImage | undefined> {
  const { status, body } = await engine.request({ path: `/images/${encodeURI(reference)}/json`, accepts: [404] });
  if (status === 404) return undefined;
  const found = JSON.parse(body) as {
    readonly Id: string;
    readonly RepoDigests?: readonly string[] | null;
    readonly Size?: number;
    readonly Config?: { readonly Volumes?: { readonly [path: string]: unknown } | null } | null;
  };
  return {
    ...{ id: found.Id, repoDigests: found.RepoDigests ?? [], bytes: found.Size ?? 0 },
    volumes: Object.keys(found.Config?.Volumes ?? {}),
  };
}

/** Whether the engine holds exactly this image, under this name. */
export async function hasImage(
  context: Pick<ComposeContext, 'engine'>,
  { image, identity }: { readonly image: string; readonly identity: Digest },
): Promise<boolean> {
  const found = await inspectImage(context, `${image}@${identity}`);
  return found?.repoDigests.some((each) => isSameReference(each, `${image}@${identity}`)) ?? false;
}

/** Identities of what runs, by the image that the engine says it is; what does not change is asked once. */
export function createIdentities(context: Pick<ComposeContext, 'engine'>): (container: Container) => Promise<Digest> {
  const known = new Map<string, Digest>();
  return async (container) => {
    const key = `${container.Image} ${container.Config.Image} ${labelOf(container, LABELS.identity) ?? ''}`;
    const found = known.get(key) ?? (await identifyImage(context, container));
    if (found !== NO_IDENTITY) known.set(key, found);
    return found;
  };
}

/**
 * The digest under which a registry knows what a container runs. The label says which one to look for, and the image itself must be what had it
 * when the container was made, or have it still: removing a tag makes the engine forget digests of what runs. An image that was built here
 * and never pushed has its own id, which no release names.
 */
async function identifyImage(context: Pick<ComposeContext, 'engine'>, container: Container): Promise<Digest> {
  const expected = labelOf(container, LABELS.identity);
  if (expected !== undefined && isDigest(expected) && labelOf(container, LABELS.image) === container.Image)
    return expected;
  const image = await inspectImage(context, container.Image);
  if (!image) return NO_IDENTITY;
  const repository = normalise(repositoryOf(container.Config.Image));
  const own = image.repoDigests.filter((each) => normalise(repositoryOf(each)) === repository);
  const digests = own.map((each) => each.slice(each.indexOf('@') + 1)).filter(isDigest);
  const found = digests.find((each) => each === expected) ?? digests[0];
  if (found !== undefined) return found;
  return isDigest(image.id) && expected === undefined ? image.id : NO_IDENTITY;
}

/** `registry:5000/shop/api:1.0@sha256:…` to `registry:5000/shop/api`. */
export function repositoryOf(reference: string): string {
  const [name = ''] = reference.split('@');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** The engine leaves out what stands for Docker's own registry. */
function normalise(repository: string): string {
  return repository.replace(/^(docker\.io|index\.docker\.io)\//, '').replace(/^library\//, '');
}

function isSameReference(a: string, b: string): boolean {
  const [nameOfA = '', digestOfA] = a.split('@');
  const [nameOfB = '', digestOfB] = b.split('@');
  return digestOfA === digestOfB && normalise(nameOfA) === normalise(nameOfB);
}
