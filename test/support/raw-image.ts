/** Images of nothing but sizes, put into a registry by its own interface: for what reads manifests and fetches no layer. */
import { createHash } from 'node:crypto';

export interface RawImage {
  /** As in `127.0.0.1:15055`; it has to take uploads from anyone. */
  readonly host: string;
  readonly repository: string;
  /** Without one it can be had by its digest only. */
  readonly tag?: string;
}

const IMAGE_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

/** Puts an image with layers of these sizes into a registry; returns its digest. */
export async function pushRawImage(place: RawImage, layers: readonly number[]): Promise<string> {
  const blobs = await Promise.all(layers.map((size) => pushBlob(place, Buffer.alloc(size, `${size}`))));
  const config = await pushBlob(place, Buffer.from('{}'));
  return pushManifest(place, {
    schemaVersion: 2,
    mediaType: IMAGE_TYPE,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: blobs.map((blob) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob })),
  });
}

/** Puts an index of images that are there into a registry; returns its digest. */
export async function pushRawIndex(
  place: RawImage,
  images: readonly { readonly digest: string; readonly platform?: object }[],
): Promise<string> {
  const manifests = images.map((image) => ({ mediaType: IMAGE_TYPE, size: 1, ...image }));
  return pushManifest(place, { schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
}

async function pushBlob({ host, repository }: RawImage, bytes: Buffer): Promise<{ digest: string; size: number }> {
  const digest = digestOf(bytes);
  const begun = await expectOk(fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' }));
  const place = new URL(begun.headers.get('location') ?? '', `http://${host}`);
  place.searchParams.set('digest', digest);
  await expectOk(fetch(place, { method: 'PUT', body: new Uint8Array(bytes) }));
  return { digest, size: bytes.length };
}

async function pushManifest(
  { host, repository, tag }: RawImage,
  manifest: { readonly mediaType: string; readonly [key: string]: unknown },
): Promise<string> {
  const body = JSON.stringify(manifest);
  const digest = digestOf(Buffer.from(body));
  const url = `http://${host}/v2/${repository}/manifests/${tag ?? digest}`;
  await expectOk(fetch(url, { method: 'PUT', body, headers: { 'content-type': manifest.mediaType } }));
  return digest;
}

async function expectOk(response: Promise<Response>): Promise<Response> {
  const answer = await response;
  if (!answer.ok) throw new Error(`${answer.url} answered with ${answer.status}: ${await answer.text()}`);
  return answer;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
