import {
  type Catalog,
  type CatalogEntry,
  compareVersions,
  type Digest,
  highestVersion,
  type Release,
} from '../model/index.ts';
import { identifyArtifact, type System } from '../system/index.ts';
import { encodeCatalog } from './catalog-document.ts';
import { bytesOf, digestOfText } from './document.ts';
import { changedArtifact } from './errors.ts';
import type { Product } from './product.ts';
import type { MigrationFile } from './source.ts';
import { artifactPath, catalogFile, migrationFile, releaseFile } from './source-layout.ts';

/** What a source holds is published: anyone may read it. */
const PUBLIC = 0o644;

/** What a release ships as files, where it was built. */
export interface Artifact {
  readonly service: string;
  readonly kind: 'folder' | 'tarball';
  readonly path: string;
  readonly identity: Digest;
  readonly bytes: number;
}

export interface Publication {
  readonly folder: string;
  /** As it is now. */
  readonly catalog: Catalog;
  readonly product: Product;
  readonly release: Release;
  readonly encoded: { readonly text: string; readonly digest: Digest };
  readonly artifacts: readonly Artifact[];
  readonly files: readonly MigrationFile[];
}

/**
 * Writes a checked release into its source: content first, under names that are its hashes, then the release document, and the catalog
 * last. Until then nothing refers to what was written. The caller holds the source's lock.
 */
export async function publishRelease(system: System, publication: Publication): Promise<void> {
  const { folder, release, encoded, artifacts, files } = publication;
  for (const name of ['artifacts', 'migrations', 'releases']) await system.files.makeFolder(`${folder}/${name}`);
  for (const artifact of artifacts) await publishArtifact(system, artifact, artifactPath(folder, artifact));
  const contents = new Map(files.map((file) => [file.checksum, file]));
  for (const file of contents.values()) await publishMigration(system, file, migrationFile(folder, file.checksum));
  await system.files.writeAtomic(releaseFile(folder, release.version), encoded.text, PUBLIC);
  await system.files.writeAtomic(catalogFile(folder), encodeCatalog(addEntry(system, publication)), PUBLIC);
}

/** The copy is hashed before it gets its name: the build folder may change meanwhile. A damaged one from before is replaced. */
async function publishArtifact(system: System, artifact: Artifact, target: string): Promise<void> {
  const { files } = system;
  const { kind, path, identity } = artifact;
  if (await files.exists(target)) {
    const found = await identifyArtifact(files, { kind, path: target });
    if (found.identity === identity) return;
  }
  const incoming = `${target}.incoming`;
  await files.remove(incoming);
  // Where the folder really is: of a link, the link would be copied.
  await files.copy(await files.real(path), incoming);
  const copied = await identifyArtifact(files, { kind, path: incoming });
  if (copied.identity !== identity) {
    await files.remove(incoming);
    throw changedArtifact(path);
  }
  await files.remove(target);
  await files.rename(incoming, target);
}

async function publishMigration(system: System, file: MigrationFile, target: string): Promise<void> {
  const isThere = await system.files.exists(target);
  if (isThere && digestOfText(await system.files.readBytes(target)) === file.checksum) return;
  await system.files.writeAtomic(target, bytesOf(file.text, file.checksum) ?? file.text, PUBLIC);
}

function addEntry(system: System, { catalog, product, release, encoded }: Publication): Catalog {
  const { version, stops, upgradeFrom, requiresTool, risks = [] } = release;
  const entry: CatalogEntry = {
    version,
    digest: encoded.digest,
    publishedAt: choosePublishedAt(system, catalog),
    stops,
    ...(upgradeFrom === undefined ? {} : { upgradeFrom }),
    ...(requiresTool === undefined ? {} : { requiresTool }),
  };
  const declared = risks.map((risk) => ({ ...risk, affects: `>=${version}`, declaredBy: version }));
  const known = [...(catalog.risks ?? []), ...declared];
  const highest = highestVersion(catalog.releases.map((other) => other.version));
  const isHighest = highest === undefined || compareVersions(version, highest) > 0;
  return {
    ...catalog,
    // A fix for an older line does not bring back the rules of its day.
    rules: isHighest ? product.rules : catalog.rules,
    releases: [...catalog.releases, entry].sort((a, b) => compareVersions(a.version, b.version)),
    ...(known.length > 0 ? { risks: known } : {}),
  };
}

/** Now, or just after the last publication when the clock stands behind it: the order of publication is relied on. */
function choosePublishedAt(system: System, catalog: Catalog): string {
  const last = Math.max(0, ...catalog.releases.map((entry) => Date.parse(entry.publishedAt)));
  return new Date(Math.max(system.clock.now().getTime(), last + 1)).toISOString();
}
