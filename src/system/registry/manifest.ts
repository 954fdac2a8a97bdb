import { type Digest, isDigest } from '../../model/index.ts';
import { parseRecord, recordOf } from './untrusted.ts';

/** What an image is in a registry: one for a platform, or a list of them. */
export type Manifest =
  | { readonly kind: 'image' /** Of its layers, as they are sent. */; readonly bytes: number }
  | { readonly kind: 'index'; readonly images: readonly IndexedImage[] };

export interface IndexedImage {
  /** As in `linux/amd64`. */
  readonly platform: string;
  readonly digest: Digest;
}

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const IMAGE_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Everything that can be read here. A registry that is asked for less may answer with another form than the one that is pushed. */
export const MANIFEST_TYPES = [...INDEX_TYPES, ...IMAGE_TYPES].join(', ');

/** The text of a manifest; `undefined` when it is in no form that is read. What stands in a list for no platform is left out. */
export function parseManifest(text: string): Manifest | undefined {
  const document = parseRecord(text);
  if (document.schemaVersion !== 2) return undefined;
  if (Array.isArray(document.manifests)) return { kind: 'index', images: document.manifests.flatMap(parseEntry) };
  if (!Array.isArray(document.layers)) return undefined;
  // A layer that stands twice is fetched once.
  const sizes = new Map(document.layers.map((layer) => [recordOf(layer).digest, recordOf(layer).size]));
  const bytes = [...sizes.values()].reduce<number>((sum, size) => sum + (typeof size === 'number' ? size : NaN), 0);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? { kind: 'image', bytes } : undefined;
}

function parseEntry(entry: unknown): readonly IndexedImage[] {
  const { platform, digest } = recordOf(entry);
  const { os, architecture, variant } = recordOf(platform);
  if (typeof digest !== 'string' || !isDigest(digest)) return [];
  // Attestations stand in the list as images of the platform "unknown".
  if (typeof os !== 'string' || typeof architecture !== 'string' || os === 'unknown') return [];
  // There is one arm64, whatever its variant is called; of 32 bits there are several.
  const isNamed = typeof variant === 'string' && architecture !== 'arm64';
  return [{ platform: [os, architecture, ...(isNamed ? [variant] : [])].join('/'), digest }];
}
