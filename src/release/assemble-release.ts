import type { Component, Digest, Release, ReleaseService, Total } from '../model/index.ts';
import { listMigrationCommands } from './list-migration-commands.ts';
import type { PinnedImage } from './pin-images.ts';
import type { PinnedTarball } from './pin-tarballs.ts';
import type { Product, ProductService } from './product.ts';
import type { Artifact } from './publish-release.ts';
import type { ReleaseDetails } from './release-details.ts';

interface Parts {
  readonly version: string;
  readonly product: Product;
  readonly details: ReleaseDetails;
  readonly artifacts: readonly Artifact[];
  readonly tarballs: readonly PinnedTarball[];
  readonly images: readonly PinnedImage[];
  readonly history: readonly Release[];
  readonly migrations: Release['migrations'];
}

/** Puts a release together from what was found out. A service whose image or tarball could not be pinned has no component: that is no release to publish. */
export function assembleRelease(parts: Parts): Release {
  const { version, product, details, migrations } = parts;
  const {
    lateMigrations: _late,
    migrationCommands: _commands,
    dataMigrations,
    configuration,
    risks,
    totals: own,
    ...declared
  } = details;
  const migrationCommands = listMigrationCommands(parts);
  const totals = listTotals(product, own);
  return {
    product: product.name,
    version,
    components: product.services.flatMap((service) => assembleComponent(service, parts)),
    services: product.services.map(withoutContent),
    databases: product.databases,
    migrations,
    ...declared,
    ...(dataMigrations.length > 0 ? { dataMigrations } : {}),
    ...(configuration.length > 0 ? { configuration } : {}),
    ...(risks.length > 0 ? { risks } : {}),
    ...(totals.length > 0 ? { totals } : {}),
    ...(migrationCommands.length > 0 ? { migrationCommands } : {}),
  };
}

function assembleComponent({ name, command }: ProductService, parts: Parts): readonly Component[] {
  const { version, artifacts, tarballs, images, history } = parts;
  const producerOf = (identity: Digest) => findProducer(history, name, identity) ?? version;
  const image = images.find(({ service }) => service === name);
  if (image) return [{ kind: 'image', ...image, command, producedBy: producerOf(image.identity) }];
  const tarball = tarballs.find(({ service }) => service === name);
  if (tarball) {
    const { path: _, ...pinned } = tarball;
    return [{ ...pinned, command, producedBy: producerOf(pinned.identity) }];
  }
  const artifact = artifacts.find(({ service }) => service === name);
  if (!artifact) return [];
  const { identity, bytes } = artifact;
  return [{ service: name, kind: 'folder', identity, bytes, command, producedBy: producerOf(identity) }];
}

/** The release that produced the same bytes for the same service. */
function findProducer(history: readonly Release[], service: string, identity: Digest): string | undefined {
  return history
    .flatMap((release) => release.components)
    .find((component) => component.service === service && component.identity === identity)?.producedBy;
}

function withoutContent(service: ProductService): ReleaseService {
  const {
    command: _,
    artifact: _artifact,
    tarball: _tarball,
    image: _image,
    ...declared
  } = {
    ...{ artifact: '', tarball: '', image: '' },
    ...service,
  };
  return declared;
}

/** The product's, and the release's own: one of the same name takes the place of the product's. */
function listTotals(product: Product, own: readonly Total[]): readonly Total[] {
  return [...product.totals.filter(({ name }) => !own.some((total) => total.name === name)), ...own];
}
