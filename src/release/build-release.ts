import { sep } from 'node:path';
import {
  type Catalog,
  compareVersions,
  type Digest,
  type Finding,
  isVersion,
  type LintRecord,
  parseVersion,
  type Release,
} from '../model/index.ts';
import { hashArtifact, type System } from '../system/index.ts';
import { assembleRelease } from './assemble-release.ts';
import { decodeCatalog } from './catalog-document.ts';
import { checkConditions, checkRisks, type Nameable } from './check-conditions.ts';
import { listSecretKeys } from './check-configuration.ts';
import { checkDetails } from './check-details.ts';
import { checkMigrations } from './check-migrations.ts';
import { checkTotals } from './check-totals.ts';
import { notBuildable, otherProduct, sourceInArtifact } from './errors.ts';
import { loadHistory, loadSuccessor } from './history.ts';
import { checkMigrationCommands } from './list-migration-commands.ts';
import { listMovedTags, pinImages } from './pin-images.ts';
import { listChangedTarballs, pinTarballs } from './pin-tarballs.ts';
import { loadProduct, type Product } from './product.ts';
import { type Artifact, publishRelease } from './publish-release.ts';
import { loadReleaseDetails, type ReleaseDetails } from './release-details.ts';
import { encodeRelease } from './release-document.ts';
import { loadRelease, type MigrationFile, resolveLocation } from './source.ts';
import { catalogFile } from './source-layout.ts';
import { withSourceLock } from './source-lock.ts';

export interface BuildRequest {
  readonly productFile: string;
  /** Plain semantic version, without a leading `v`. */
  readonly version: string;
  /** Folder of the release source; made when it is not there. */
  readonly source: string;
  /**
   * Judges the migrations that have not gone out yet; the checksums are those of the files that have. Asked only when the version is not
   * published yet. An error forbids to publish.
   */
  readonly judge?: (shipped: ReadonlySet<Digest>) => Promise<Judgement>;
  /** Every migration file of the product, as the migrate module lists them; version '' for the flat layout. */
  readonly migrations: readonly MigrationFile[];
}

export interface Judgement {
  readonly findings: readonly Finding[];
  readonly lint: LintRecord;
}

export interface BuiltRelease {
  readonly release: Release;
  readonly digest: Digest;
  /** The very same content was published before; nothing was written. */
  readonly alreadyPublished: boolean;
  /** Services whose bytes an earlier release produced: they are not rolled when only this release changes. */
  readonly carried: readonly { readonly service: string; readonly producedBy: string }[];
  /** Warnings and remarks; no errors. */
  readonly findings: readonly Finding[];
}

/**
 * Builds a release from product.yaml and publishes it into a source folder. Everything is checked first: on any error nothing is
 * written and `release.not-buildable` holds every reason. The catalog is written last and as a whole, under the folder's lock; a build
 * that was cut off is completed by running it again. The same content again is a success that writes nothing.
 */
export async function buildRelease(system: System, request: BuildRequest): Promise<BuiltRelease> {
  const { version } = request;
  if (!isVersion(version)) throw notBuildable(version, [notAVersion(version)]);
  const folder = resolveLocation(request.source);
  const product = await loadProduct(system, request.productFile);
  assertApart(product, folder);
  const details = await loadReleaseDetails(system, product, version);
  const artifacts = await hashArtifacts(system, product);
  const known = await loadKnown(system, { folder, product, version });
  const pinned = await pinImages(system, product, { version, known });
  const packed = await pinTarballs(system, product, version);
  return withSourceLock(system, folder, async () => {
    const catalog = await loadCatalog(system, folder, product);
    const published = catalog.releases.find((entry) => entry.version === version);
    const history = await loadHistory(system, { folder, catalog, version });
    const successor = published ? undefined : await loadSuccessor(system, { folder, catalog, version });
    const migrations = checkMigrations({ version, product, history, successor, details, files: request.migrations });
    const own = published ? await loadRelease(system, { folder, catalog, version }) : undefined;
    const shipped = new Set(history.flatMap((release) => release.migrations.map(({ checksum }) => checksum)));
    const judged = own ? undefined : await request.judge?.(shipped);
    const lint = own ? own.lint : judged?.lint;
    const content = { artifacts, tarballs: packed.tarballs, images: pinned.images, migrations: migrations.refs };
    const assembled = assembleRelease({ version, product, details, history, ...content });
    // What was published before it since is no reason to take it for another release.
    const secretKeys = own ? own.secretKeys : listSecretKeys([...history, assembled]);
    const release = { ...assembled, ...(secretKeys ? { secretKeys } : {}), ...(lint ? { lint } : {}) };
    const encoded = encodeRelease(release);
    const databases = product.databases.map(({ name }) => name);
    const findings = [
      ...pinned.findings,
      ...packed.findings,
      ...migrations.findings,
      ...checkDetails(details, { version, catalog, databases, services: product.services }),
      ...checkRisks(details, { version, catalog }),
      ...(await checkConditions(details, nameableIn(system, { folder, catalog, version, product, details }))),
      ...(await checkTotals(release.totals ?? [], { databases })),
      ...(await checkMigrationCommands({ product, details }, { databases })),
      ...(judged?.findings ?? []),
    ];
    const isPinned = pinned.findings.length === 0 && packed.findings.length === 0;
    if (published && published.digest !== encoded.digest && isPinned) {
      const changed = [...listMovedTags(own, pinned.images), ...listChangedTarballs(own, packed.tarballs)];
      findings.push(versionTaken(version, published.publishedAt), ...changed);
    }
    if (findings.some((finding) => finding.severity === 'error')) throw notBuildable(version, findings);
    if (!published) {
      await publishRelease(system, {
        folder,
        catalog,
        product,
        release,
        encoded,
        artifacts: [...artifacts, ...packed.tarballs],
        files: request.migrations,
      });
    }
    const carried = release.components.filter((component) => component.producedBy !== version);
    return { release, digest: encoded.digest, alreadyPublished: published !== undefined, carried, findings };
  });
}

/** What conditions may name: what the product has, and the data migrations of this release and of every earlier one. */
function nameableIn(
  system: System,
  at: {
    readonly folder: string;
    readonly catalog: Catalog;
    readonly version: string;
    readonly product: Product;
    readonly details: ReleaseDetails;
  },
): Nameable {
  const { catalog, version, product, details } = at;
  return {
    databases: product.databases.map(({ name }) => name),
    services: product.services.map(({ name }) => name),
    dataMigrations: async () => {
      const earlier = catalog.releases.filter((entry) => compareVersions(entry.version, version) < 0);
      const releases = await Promise.all(
        earlier.map((entry) => loadRelease(system, { ...at, version: entry.version })),
      );
      return [...releases.map((release) => release.dataMigrations ?? []), details.dataMigrations]
        .flat()
        .map(({ id }) => id);
    },
  };
}

/** A source inside an artifact would be a part of what is published into it. */
function assertApart(product: Product, source: string): void {
  const folders = product.services.flatMap((service) => ('artifact' in service ? [service.artifact] : []));
  const around = folders.find((artifact) => `${source}${sep}`.startsWith(`${artifact}${sep}`));
  if (around !== undefined) throw sourceInArtifact(source, around);
}

async function hashArtifacts(system: System, product: Product): Promise<readonly Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const service of product.services) {
    if (!('artifact' in service)) continue;
    artifacts.push({
      service: service.name,
      kind: 'folder',
      path: service.artifact,
      ...(await hashArtifact(system.files, service.artifact)),
    });
  }
  return artifacts;
}

/** The releases that may know an image which is named by its digest. Read without the lock, which is not held while a registry is asked. */
async function loadKnown(
  system: System,
  { folder, product, version }: { readonly folder: string; readonly product: Product; readonly version: string },
): Promise<readonly Release[]> {
  if (!product.services.some((service) => 'image' in service && service.image.includes('@'))) return [];
  const catalog = await loadCatalog(system, folder, product);
  const isPublished = catalog.releases.some((entry) => entry.version === version);
  const own = isPublished ? [await loadRelease(system, { folder, catalog, version })] : [];
  return [...own, ...(await loadHistory(system, { folder, catalog, version }))];
}

async function loadCatalog(system: System, folder: string, product: Product): Promise<Catalog> {
  const path = catalogFile(folder);
  const text = await system.files.readTextIfPresent(path);
  if (text === undefined) return { product: product.name, rules: product.rules, releases: [], channels: {} };
  const catalog = await decodeCatalog(path, text);
  if (catalog.product !== product.name) throw otherProduct({ found: catalog.product, expected: product.name }, folder);
  return catalog;
}

function notAVersion(version: string): Finding {
  const plain = version.replace(/^v/, '');
  return {
    code: 'release.not-a-version',
    severity: 'error',
    message: `"${version}" is not a version such as 1.2.0`,
    hint: parseVersion(plain)
      ? `Run \`onward release build ${plain}\`.`
      : 'Name a semantic version, without build metadata.',
  };
}

function versionTaken(version: string, publishedAt: string): Finding {
  return {
    code: 'release.version-taken',
    severity: 'error',
    message: `${version} was published on ${publishedAt.slice(0, 10)} with other content, and a published release never changes`,
    hint: 'Build the change as a new version.',
  };
}
