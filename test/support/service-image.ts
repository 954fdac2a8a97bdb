/**
 * `buildServiceImage({ project, name, tag, … })`: images of small HTTP services, as many versions as a test wants.
 *
 * Unless another folder is given, the service is tiny-service.mjs. It listens on port 8080 of all interfaces (PORT and HOST change that) and
 * answers `/ready` (200 or 503), `/version` (`{"version","host"}`: the image's tag, the container's hostname), `/slow/<milliseconds>`, and
 * anything else within 5 ms. What else it does is its `behaviour`, and the container's variable BEHAVIOUR (JSON) overrides that.
 *
 * On the base `busybox` it is a server of two files, `/ready` and `/version`: an image of 2 MB, which is pushed and pulled in a moment. (The layer
 * of Node takes 3 s to push to a registry for the first time.)
 */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Behaviour } from './deployment.ts';
import { docker, PROJECT_LABEL } from './docker.ts';
import { busyboxImage, nodeImage } from './images.ts';

export interface ServiceImage {
  /** Whose it is, from `createProject`; `removeProject` removes it. */
  readonly project: string;
  /** As in `api`, or with a registry: `127.0.0.1:5055/shop/api`. Without a registry the image is `<project>/<name>`. */
  readonly name: string;
  readonly tag: string;
  /** `node` unless told. */
  readonly base?: 'node' | 'busybox';
  readonly behaviour?: Behaviour;
  /** Another program than the tiny service: all files of this folder, started by `command`. */
  readonly folder?: string;
  /** `["node", "main.mjs"]` unless told, on the base of Node. */
  readonly command?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** More lines of the Dockerfile, such as a HEALTHCHECK. */
  readonly lines?: readonly string[];
}

/** Nothing else ends it: it has no handler, and is process 1. */
const SMALL_SERVER = ['STOPSIGNAL SIGKILL', 'CMD exec httpd -f -p "$HOST:$PORT" -h /app'];

/** Builds it on the machine's engine (some 0.5 s) and returns its reference. */
export async function buildServiceImage(image: ServiceImage): Promise<string> {
  const reference = `${image.name.includes('/') ? image.name : `${image.project}/${image.name}`}:${image.tag}`;
  const base = image.base === 'busybox' ? await busyboxImage() : await nodeImage();
  const context = await mkdtemp(join(tmpdir(), 'onward-service-image-'));
  try {
    await writeProgram(join(context, 'app'), image);
    await writeFile(join(context, 'Dockerfile'), renderDockerfile(base, image));
    await docker(['build', '--quiet', '--tag', reference, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return reference;
}

async function writeProgram(folder: string, image: ServiceImage): Promise<void> {
  if (image.folder !== undefined) return cp(image.folder, folder, { recursive: true });
  if (image.base === 'busybox') {
    await mkdir(folder);
    await writeFile(join(folder, 'ready'), 'ready\n');
    return writeFile(join(folder, 'version'), JSON.stringify({ version: image.tag }));
  }
  await cp(new URL('./tiny-service.mjs', import.meta.url), join(folder, 'main.mjs'));
  await writeFile(join(folder, 'behaviour.json'), JSON.stringify({ version: image.tag, ...image.behaviour }));
}

function renderDockerfile(base: string, image: ServiceImage): string {
  const labels = Object.entries({ ...image.labels, [PROJECT_LABEL]: image.project });
  return [
    `FROM ${base}`,
    'COPY app /app',
    'WORKDIR /app',
    'ENV PORT=8080 HOST=0.0.0.0',
    `LABEL ${labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ')}`,
    ...(image.base === 'busybox' ? SMALL_SERVER : [`CMD ${JSON.stringify(image.command ?? ['node', 'main.mjs'])}`]),
    ...(image.lines ?? []),
    '',
  ].join('\n');
}
