import {
  describeImage,
  type Finding,
  type ImageComponent,
  type ImageReference,
  OnwardError,
  type Position,
  type Release,
} from '../model/index.ts';
import { type FoundImage, lookUpImage, type System } from '../system/index.ts';
import { fillImageTemplate } from './image-template.ts';
import { createProductLocator, type Product } from './product.ts';

/** An image that a service ships, pinned. */
export interface PinnedImage
  extends Pick<ImageComponent, 'service' | 'image' | 'tag' | 'identity' | 'bytes' | 'platforms'> {}

export interface PinnedImages {
  readonly images: readonly PinnedImage[];
  /** Of each image that could not be pinned, where product.yaml names it. */
  readonly findings: readonly Finding[];
}

/** For one image; they are looked up side by side. */
const LOOK_UP_LIMIT_MS = 30_000;

/**
 * Pins the image of every service that ships one: each is looked up in its registry once. Of an image that is named by a digest which one of
 * the releases has of the same repository, nothing is asked: its size is on record. What cannot be pinned is a finding with its place.
 */
export async function pinImages(
  system: System,
  product: Product,
  { version, known }: { readonly version: string; readonly known: readonly Release[] },
): Promise<PinnedImages> {
  const shipped = product.services.flatMap((service) =>
    'image' in service ? [{ service: service.name, template: service.image }] : [],
  );
  const lookUps = new Map<string, Promise<FoundImage>>();
  const lookUp = (image: ImageReference): Promise<FoundImage> => {
    const name = describeImage(image);
    const begun =
      lookUps.get(name) ?? recall(known, image) ?? lookUpImage(system, image, { limitMs: LOOK_UP_LIMIT_MS });
    lookUps.set(name, begun);
    return begun;
  };
  const locate = await createProductLocator(system, product);
  const pinned = await Promise.all(
    shipped.map(async ({ service, template }) => {
      const position = locate(['services', service, 'image']);
      const image = fillImageTemplate(template, version);
      if (!image) return wrongName({ service, position, template });
      return lookUp(image).then(
        (found) => pin(service, image, found),
        (error: unknown) => notPinned({ service, position, error }),
      );
    }),
  );
  return {
    images: pinned.flatMap((each) => ('identity' in each ? [each] : [])),
    findings: pinned.flatMap((each) => ('identity' in each ? [] : [each])),
  };
}

/** What a release says of an image that is named by its digest. Another repository may not have it. */
function recall(known: readonly Release[], image: ImageReference): Promise<FoundImage> | undefined {
  const { registry, repository, digest } = image;
  if (digest === undefined) return undefined;
  const component = known
    .flatMap(({ components }) => components.flatMap((each) => (each.kind === 'image' ? [each] : [])))
    .find((candidate) => candidate.identity === digest && candidate.image === `${registry}/${repository}`);
  if (!component) return undefined;
  return Promise.resolve({ identity: digest, bytes: component.bytes, platforms: component.platforms ?? {} });
}

function pin(service: string, { registry, repository, tag }: ImageReference, found: FoundImage): PinnedImage {
  const { identity, bytes, platforms } = found;
  return {
    service,
    image: `${registry}/${repository}`,
    ...(tag === undefined ? {} : { tag }),
    identity,
    bytes,
    ...(Object.keys(platforms).length > 0 ? { platforms } : {}),
  };
}

interface Place {
  readonly service: string;
  readonly position: Position;
}

function wrongName({ service, position, template }: Place & { readonly template: string }): Finding {
  return {
    code: 'release.wrong-image',
    severity: 'error',
    message: `services.${service}.image: ${template} names no image for this version`,
    position,
    hint: 'Name a tag of at most 128 letters, digits, dots, hyphens and underscores.',
  };
}

function notPinned({ service, position, error }: Place & { readonly error: unknown }): Finding {
  if (!(error instanceof OnwardError)) throw error;
  const said = error.message.replace(/^Could/, 'could').replace(/\.$/, '');
  return {
    code: error.code,
    severity: 'error',
    message: `services.${service}.image: ${said}`,
    position,
    hint: error.hint,
  };
}

/** Of a version that is published: the tags that point to another image than on the day of its publication. */
export function listMovedTags(own: Release | undefined, images: readonly PinnedImage[]): readonly Finding[] {
  return images.flatMap(({ service, image, tag, identity }) => {
    const before = own?.components.find((component) => component.service === service);
    if (before?.kind !== 'image' || tag === undefined) return [];
    if (before.image !== image || before.tag !== tag || before.identity === identity) return [];
    return [
      {
        code: 'release.moved-tag',
        severity: 'warning' as const,
        message: `${image}:${tag} pointed to ${before.identity} when ${own?.version} was published, and points to ${identity} now`,
      },
    ];
  });
}
