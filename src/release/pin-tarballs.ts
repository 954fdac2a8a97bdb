import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Finding, OnwardError, type Release, type TarballComponent } from '../model/index.ts';
import { hashArtifact, identifyArtifact, type System, unpackTarball } from '../system/index.ts';
import { createProductLocator, type Product } from './product.ts';
import type { Artifact } from './publish-release.ts';
import { fillVersion } from './version-template.ts';

/** A tarball that a service ships, judged and pinned. */
export type PinnedTarball = Artifact & Pick<TarballComponent, 'kind' | 'file' | 'content'>;

/**
 * Pins the tarball of every service that ships one, by its sha256, and unpacks it once to know that it can be and to what: what every place
 * of an installation is compared with. A tarball that cannot be used is a finding for each reason, with its place in product.yaml.
 */
export async function pinTarballs(
  system: System,
  product: Product,
  version: string,
): Promise<{ readonly tarballs: readonly PinnedTarball[]; readonly findings: readonly Finding[] }> {
  const tarballs: PinnedTarball[] = [];
  const findings: Finding[] = [];
  const begun = new Map<string, Promise<Content | readonly Finding[]>>();
  const locate = await createProductLocator(system, product);
  for (const service of product.services) {
    if (!('tarball' in service)) continue;
    const named = fillVersion(service.tarball, version);
    const path = join(dirname(product.file), named);
    const looking = begun.get(path) ?? judge(system, path, named);
    begun.set(path, looking);
    const found = await looking;
    if ('identity' in found) {
      tarballs.push({ service: service.name, kind: 'tarball', path, file: basename(path), ...found });
      continue;
    }
    const position = locate(['services', service.name, 'tarball']);
    findings.push(
      ...found.map((finding) => ({
        ...finding,
        message: `services.${service.name}.tarball: ${finding.message}`,
        position,
      })),
    );
  }
  return { tarballs, findings };
}

type Content = Pick<PinnedTarball, 'identity' | 'bytes' | 'content'>;

async function judge(system: System, path: string, named: string): Promise<Content | readonly Finding[]> {
  const { files, random } = system;
  if (!(await files.exists(path)) || (await files.isFolder(path))) return [missing(named)];
  const to = join(tmpdir(), `onward-tarball-${random.hex(8)}`);
  try {
    const pinned = await identifyArtifact(files, { kind: 'tarball', path });
    await unpackTarball(system, { archive: path, to });
    return { ...pinned, content: await hashArtifact(files, to) };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    if (error.findings.length === 0) return [{ code: error.code, severity: 'error', message: error.message }];
    return error.findings.map((finding) => ({ ...finding, message: `${named}: ${finding.message}` }));
  } finally {
    await files.remove(to);
  }
}

function missing(named: string): Finding {
  return {
    code: 'release.no-tarball',
    severity: 'error',
    message: `there is no file ${named}`,
    hint: 'Pack it first.',
  };
}

/** Of a version that is published: the files that are not what they were on the day of its publication. */
export function listChangedTarballs(own: Release | undefined, tarballs: readonly PinnedTarball[]): readonly Finding[] {
  return tarballs.flatMap(({ service, file, identity }) => {
    const before = own?.components.find((component) => component.service === service);
    if (before?.kind !== 'tarball' || before.file !== file || before.identity === identity) return [];
    return [
      {
        code: 'release.changed-tarball',
        severity: 'warning' as const,
        message: `${file} was ${before.identity} when ${own?.version} was published, and is ${identity} now`,
      },
    ];
  });
}
