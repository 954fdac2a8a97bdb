import { dirname, join, resolve } from 'node:path';
import {
  type Position,
  parseDuration,
  type ReadyProbe,
  type ReleaseDatabase,
  type ReleaseService,
  type Total,
  type UpgradeRules,
} from '../model/index.ts';
import { createPathLocator, loadDocument, parseDocument, type System } from '../system/index.ts';
import { unusableFile } from './errors.ts';
import { buildMigrationCommand, type DeclaredCommand } from './migration-command-shapes.ts';
import { type ProductDocument, productSchema } from './product-schema.ts';
import { buildCommand } from './shapes.ts';
import { buildTotal } from './total-shapes.ts';

/** A service, and what a release ships for it. */
export type ProductService = ReleaseService & {
  /** Empty: the image's own. */
  readonly command: readonly string[];
} & (
    | {
        /** Absolute path of a folder. */
        readonly artifact: string;
      }
    | {
        /** Path of a gzipped tar, as product.yaml names it: `${version}` is not replaced yet. */
        readonly tarball: string;
      }
    | {
        /** An image, as product.yaml names it: `${version}` is not replaced yet. */
        readonly image: string;
      }
  );

/** What the vendor says of the product, from product.yaml. Paths are absolute. */
export interface Product {
  readonly name: string;
  readonly file: string;
  readonly rules: UpgradeRules;
  readonly databases: readonly ReleaseDatabase[];
  readonly services: readonly ProductService[];
  /** Folder with the migrations; `undefined` when the product has none. */
  readonly migrations?: string;
  /** Files of recorded statements, by database. */
  readonly queries: { readonly [database: string]: string };
  readonly lint: ProductDocument['lint'];
  readonly totals: readonly Total[];
  readonly migrationCommands: readonly DeclaredCommand[];
  /** Folder with `<version>.yaml` files. */
  readonly releases?: string;
}

/**
 * Reads product.yaml. Throws one error with every problem, each with line and column: the shape, names that refer to nothing, and
 * artifact or migration folders that are not there.
 */
export async function loadProduct(system: System, productFile: string): Promise<Product> {
  const file = resolve(productFile);
  const document = await loadDocument(system.files, file, 'product.yaml', productSchema);
  await assertFolders(system, file, document);
  return toProduct(file, document);
}

/** Where product.yaml says something. */
export async function createProductLocator(
  system: System,
  { file }: Product,
): Promise<(at: readonly PropertyKey[]) => Position> {
  return createPathLocator({ kind: 'product.yaml', path: file, text: await system.files.readText(file) });
}

/** The file is parsed again with the unusable folders as issues, so that they are reported where they are written. */
async function assertFolders(system: System, file: string, document: ProductDocument): Promise<void> {
  const unusable: { readonly path: PropertyKey[]; readonly message: string }[] = [];
  for (const [name, { artifact }] of Object.entries(document.services)) {
    if (artifact === undefined) continue;
    const path = ['services', name, 'artifact'];
    const place = join(dirname(file), artifact);
    if (!(await system.files.isFolder(place))) {
      unusable.push({ path, message: `there is no folder ${artifact}; build it first` });
    } else if ((await system.files.names(place)).length === 0) {
      unusable.push({ path, message: `the folder ${artifact} is empty; build it first` });
    }
  }
  for (const key of ['migrations', 'releases'] as const) {
    const folder = document[key];
    if (folder === undefined || (await system.files.isFolder(join(dirname(file), folder)))) continue;
    unusable.push({ path: [key], message: `there is no folder ${folder}` });
  }
  if (unusable.length === 0) return;
  const schema = productSchema.superRefine((_, report) => {
    for (const issue of unusable) report.addIssue({ code: 'custom', ...issue });
  });
  const text = await system.files.readText(file);
  const { findings } = await parseDocument({ kind: 'product.yaml', path: file, text }, schema);
  throw unusableFile('product.yaml', file, findings);
}

function toProduct(file: string, document: ProductDocument): Product {
  const folder = dirname(file);
  return {
    name: document.product,
    file,
    rules: document.upgrades,
    databases: Object.entries(document.databases).map(([name, { queries: _, ...database }]) => ({
      name,
      ...database,
      services: listDatabaseServices(document, name),
    })),
    services: Object.entries(document.services).map(([name, service]) => toService(folder, name, service)),
    queries: listQueries(folder, document),
    lint: toLint(folder, document.lint),
    totals: document.totals.map((total) => buildTotal(total, 'product')),
    migrationCommands: document.migrationCommands.map(buildMigrationCommand),
    ...(document.migrations === undefined ? {} : { migrations: join(folder, document.migrations) }),
    ...(document.releases === undefined ? {} : { releases: join(folder, document.releases) }),
  };
}

function toLint(folder: string, lint: ProductDocument['lint']): ProductDocument['lint'] {
  return lint.invariants === undefined ? lint : { ...lint, invariants: join(folder, lint.invariants) };
}

function listQueries(folder: string, document: ProductDocument): Product['queries'] {
  const entries = Object.entries(document.databases);
  return Object.fromEntries(entries.flatMap(([name, { queries }]) => (queries ? [[name, join(folder, queries)]] : [])));
}

/** A service may be named by the database, name the database itself, or both. */
function listDatabaseServices(document: ProductDocument, database: string): readonly string[] {
  const naming = Object.entries(document.services).filter(([, service]) => service.database === database);
  return [...new Set([...(document.databases[database]?.services ?? []), ...naming.map(([name]) => name)])];
}

function toService(folder: string, name: string, service: ProductDocument['services'][string]): ProductService {
  const { artifact, tarball, image, command = [], ready, ...rest } = service;
  return {
    name,
    ...rest,
    ...(ready ? { ready: toProbe(ready) } : {}),
    ...toShipped(folder, { artifact, tarball, image }),
    command: buildCommand(command),
  };
}

/** `checkShipped` has seen that there is one of them. */
function toShipped(
  folder: string,
  { artifact = '', tarball, image }: { readonly [way in 'artifact' | 'tarball' | 'image']: string | undefined },
) {
  if (image !== undefined) return { image };
  return tarball === undefined ? { artifact: join(folder, artifact) } : { tarball };
}

function toProbe(ready: NonNullable<ProductDocument['services'][string]['ready']>): ReadyProbe {
  if ('http' in ready) return { kind: 'http', path: ready.http };
  if ('tcp' in ready) return { kind: 'tcp' };
  return { kind: 'up', forMs: parseDuration(ready.up) ?? 0 };
}
