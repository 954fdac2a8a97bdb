import { join } from 'node:path';
import { type Component, type Digest, isDigest, isVersion } from '../model/index.ts';
import { unknownRelease, wrongIdentity } from './errors.ts';

/**
 * Where things are in a source folder. What documents name becomes a path only here, and only as a version or as hex digits, so
 * that no document can lead out of the folder.
 */
export function catalogFile(folder: string): string {
  return join(folder, 'catalog.json');
}

export function releaseFile(folder: string, version: string): string {
  if (!isVersion(version)) throw unknownRelease(version, { list: 'versions such as 1.2.0 only' });
  return join(folder, 'releases', `${version}.json`);
}

/** A folder under the hash of its tree, a tarball under the hash of its bytes. */
export function artifactPath(folder: string, { kind, identity }: Pick<Component, 'kind' | 'identity'>): string {
  return join(folder, 'artifacts', `${hexOf(identity)}${kind === 'tarball' ? '.tar.gz' : ''}`);
}

export function migrationFile(folder: string, checksum: Digest): string {
  return join(folder, 'migrations', `${hexOf(checksum)}.sql`);
}

export function lockFile(folder: string): string {
  return join(folder, '.lock');
}

function hexOf(digest: Digest): string {
  if (!isDigest(digest)) throw wrongIdentity(digest);
  return digest.slice('sha256:'.length);
}
