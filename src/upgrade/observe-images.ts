import {
  type Digest,
  type ImageComponent,
  type ImageFact,
  type ImageReference,
  OnwardError,
  parseImageReference,
  type Release,
} from '../model/index.ts';
import { chooseVersion } from '../release/index.ts';
import { lookUpDigest, type System } from '../system/index.ts';
import type { Installation } from './installation.ts';

/** For each question; all images are asked about at the same time. */
const LIMIT_MS = 2_000;

/**
 * What the registries have now of the images that the installed release pins, and of those of the release that an upgrade would go to. Nothing
 * is asked when neither has one. A registry that does not answer is told as unknown; never throws for one.
 */
export async function observeImages(
  system: System,
  installation: Installation,
  installed: Release | undefined,
): Promise<readonly ImageFact[]> {
  const target = await loadTarget(installation, installed?.version);
  const releases = [installed, target].flatMap((release) => (release ? [release] : []));
  return observeImagesOf(system, releases);
}

/** Each image once, for the first of the releases that pins it under this tag. */
export async function observeImagesOf(system: System, releases: readonly Release[]): Promise<readonly ImageFact[]> {
  const pinned = new Map<string, { readonly release: string; readonly first: ImageComponent; services: string[] }>();
  for (const { version, components } of releases) {
    for (const component of components) {
      if (component.kind !== 'image') continue;
      const key = [component.image, component.tag, component.identity].join(' ');
      const known = pinned.get(key);
      if (known?.release === version) known.services.push(component.service);
      else if (!known) pinned.set(key, { release: version, first: component, services: [component.service] });
    }
  }
  return Promise.all(
    [...pinned.values()].map(async ({ release, services, first }) => ({
      release,
      services,
      image: first.image,
      pinned: first.identity,
      ...(first.tag === undefined ? {} : { tag: first.tag }),
      ...(await look(system, first)),
    })),
  );
}

async function look(
  system: System,
  { image, tag, identity }: ImageComponent,
): Promise<Pick<ImageFact, 'pointsTo' | 'isThere' | 'unknown'>> {
  const reference = parseImageReference(image);
  if (!reference) return { unknown: `${image} is no image` };
  try {
    const pointsTo = tag === undefined ? undefined : await find(system, { ...reference, tag });
    const isThere = pointsTo === identity || (await find(system, { ...reference, digest: identity })) !== undefined;
    return { isThere, ...(pointsTo === undefined ? {} : { pointsTo }) };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    // Behind "Could not look up image <name>: ".
    return { unknown: error.message.slice(error.message.indexOf(': ') + 2).replace(/\.$/, '') };
  }
}

async function find(system: System, image: ImageReference): Promise<Digest | undefined> {
  try {
    return await lookUpDigest(system, image, { limitMs: LIMIT_MS });
  } catch (error) {
    if (error instanceof OnwardError && error.code === 'registry.not-found') return undefined;
    throw error;
  }
}

/** The release that an upgrade would go to; why there is none is said by `onward plan`. */
async function loadTarget(
  { source, deployment }: Installation,
  current: string | undefined,
): Promise<Release | undefined> {
  try {
    const { version } = chooseVersion(await source.catalog(), {
      channel: deployment.releases.channel,
      ...(current === undefined ? {} : { current }),
    });
    return version === current ? undefined : await source.release(version);
  } catch (error) {
    if (error instanceof OnwardError) return undefined;
    throw error;
  }
}
