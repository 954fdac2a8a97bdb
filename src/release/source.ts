import { resolve } from 'node:path';
import { type Catalog, type Component, closest, type MigrationRef, type Release } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { decodeCatalog } from './catalog-document.ts';
import { digestOfText } from './document.ts';
import { missingSource, otherProduct, unknownRelease, unsupportedSource, wrongContent, wrongDigest } from './errors.ts';
import { decodeRelease } from './release-document.ts';
import { artifactPath, catalogFile, migrationFile, releaseFile } from './source-layout.ts';

/** A migration file of a release, with its SQL. */
export type MigrationFile = MigrationRef & { readonly text: string };

/** Where releases are read from. Everything that is read is compared with the digest that names it. */
export interface ReleaseSource {
  /** Absolute path of the folder. */
  readonly location: string;
  catalog(): Promise<Catalog>;
  /** Throws `release.wrong-digest` when the document is not the one that the catalog names. */
  release(version: string): Promise<Release>;
  /** Where an artifact is, whether or not it is there; whoever copies it compares its hash. */
  artifactPath(artifact: Pick<Component, 'kind' | 'identity'>): string;
  /** All migration files of a release, in its order. Throws `release.wrong-content` for a file that is missing or was changed. */
  migrationFiles(release: Release): Promise<readonly MigrationFile[]>;
}

/** Opens a folder as a release source. Reads nothing yet. Other kinds of source throw `release.unsupported-source`. */
export function openSource(system: System, location: string): ReleaseSource {
  const folder = resolveLocation(location);
  const catalog = async () => {
    const text = await system.files.readTextIfPresent(catalogFile(folder));
    if (text === undefined) throw missingSource(folder);
    return decodeCatalog(catalogFile(folder), text);
  };
  return {
    location: folder,
    catalog,
    release: async (version) => loadRelease(system, { folder, catalog: await catalog(), version }),
    artifactPath: (artifact) => artifactPath(folder, artifact),
    migrationFiles: (release) => loadMigrations(system, folder, release),
  };
}

/** Absolute path of a source folder; a scheme or a bundle is refused. A single letter before the colon is no scheme. */
export function resolveLocation(location: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(location) || /\.(tar|tgz|tar\.[a-z0-9]+)$/i.test(location)) {
    throw unsupportedSource(location);
  }
  return resolve(location);
}

/** One release, compared with the catalog. */
export async function loadRelease(
  system: System,
  { folder, catalog, version }: { readonly folder: string; readonly catalog: Catalog; readonly version: string },
): Promise<Release> {
  const entry = catalog.releases.find((candidate) => candidate.version === version);
  if (!entry) throw unknownVersion(catalog, version);
  const path = releaseFile(folder, version);
  const text = await system.files.readTextIfPresent(path);
  if (text === undefined) throw wrongContent(`release ${version}`, path);
  const { release, digest } = await decodeRelease(path, text);
  if (digest !== entry.digest) throw wrongDigest(version, { found: digest, expected: entry.digest });
  if (release.version !== version) throw wrongContent(`release ${version}`, path);
  if (release.product !== catalog.product) {
    throw otherProduct({ found: release.product, expected: catalog.product }, path);
  }
  return release;
}

export function unknownVersion(catalog: Catalog, version: string): Error {
  const versions = catalog.releases.map((entry) => entry.version);
  return unknownRelease(version, { list: describeVersions(versions), meant: closest(version, versions.toReversed()) });
}

/** `1.0.0, 1.1.0`, or the newest ones when there are many. `versions` ascend. */
export function describeVersions(versions: readonly string[]): string {
  if (versions.length === 0) return 'no releases';
  const shown = versions.slice(-MOST_LISTED);
  const older = versions.length - shown.length;
  return shown.join(', ') + (older > 0 ? ` and ${older} older` : '');
}

const MOST_LISTED = 8;

/** A few at a time: all at once could need more open files than a process may have. */
async function loadMigrations(system: System, folder: string, release: Release): Promise<readonly MigrationFile[]> {
  const files: MigrationFile[] = [];
  for (let start = 0; start < release.migrations.length; start += READ_AT_ONCE) {
    const some = release.migrations.slice(start, start + READ_AT_ONCE);
    files.push(...(await Promise.all(some.map((ref) => loadMigration(system, folder, ref)))));
  }
  return files;
}

const READ_AT_ONCE = 32;

async function loadMigration(system: System, folder: string, ref: MigrationRef): Promise<MigrationFile> {
  const path = migrationFile(folder, ref.checksum);
  const isThere = await system.files.exists(path);
  const bytes = isThere ? await system.files.readBytes(path) : undefined;
  if (!bytes || digestOfText(bytes) !== ref.checksum) throw wrongContent(`migration ${ref.path}`, path);
  return { ...ref, text: bytes.toString('utf8').replace(/^\uFEFF/, '') };
}
