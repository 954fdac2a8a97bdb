import { z } from 'zod';
import { canonicalJson, type Digest, type Json, MIGRATION_PHASES, type Release } from '../model/index.ts';
import { riskShape, stopShape } from './condition-shapes.ts';
import { recordedConfigurationChangeShape } from './configuration-shapes.ts';
import { recordedDataMigrationShape } from './data-migration-shapes.ts';
import { decodeDocument, digestOfText, renderDocument } from './document.ts';
import { recordedMigrationCommandShape } from './migration-command-shapes.ts';
import { digestShape, rangeShape, versionShape } from './shapes.ts';
import { recordedTotalShape } from './total-shapes.ts';

const RELEASE_SCHEMA = 'onward/release/v1';

const ready = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('http'), path: z.string() }),
  z.strictObject({ kind: z.literal('tcp') }),
  z.strictObject({ kind: z.literal('up'), forMs: z.int().nonnegative() }),
]);

const artifact = {
  service: z.string(),
  identity: digestShape,
  bytes: z.int().nonnegative(),
  producedBy: versionShape,
};

const component = z.discriminatedUnion('kind', [
  z.strictObject({ ...artifact, kind: z.literal('folder'), command: z.array(z.string()).min(1) }),
  z.strictObject({
    ...artifact,
    kind: z.literal('tarball'),
    file: z.string(),
    content: z.strictObject({ identity: digestShape, bytes: z.int().nonnegative() }),
    command: z.array(z.string()).min(1),
  }),
  z.strictObject({
    ...artifact,
    kind: z.literal('image'),
    image: z.string(),
    tag: z.string().exactOptional(),
    platforms: z.record(z.string(), z.int().nonnegative()).exactOptional(),
    command: z.array(z.string()),
  }),
]);

const service = z.strictObject({
  name: z.string(),
  database: z.string().exactOptional(),
  after: z.array(z.string()),
  roll: z.enum(['start-first', 'overlap', 'stop-first', 'one-shot']).exactOptional(),
  ready: ready.exactOptional(),
  dataMigrations: z.string().exactOptional(),
});

const database = z.strictObject({
  name: z.string(),
  services: z.array(z.string()),
  server: rangeShape.exactOptional(),
  extensions: z.array(z.string()),
});

const migration = z.strictObject({
  database: z.string(),
  version: versionShape,
  phase: z.enum(MIGRATION_PHASES),
  sequence: z.int().nonnegative(),
  name: z.string(),
  // Names that no file system and no shell reads as anything else.
  path: z
    .string()
    .regex(/^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/, { error: 'must be a plain relative path' }),
  checksum: digestShape,
  fingerprint: digestShape,
  transactional: z.boolean(),
  late: z.boolean().exactOptional(),
});

const lines = z.array(z.string());

/** The release document, as a release source holds it. Another version or an unknown key is refused. */
export const releaseSchema = z.strictObject({
  schema: z.literal(RELEASE_SCHEMA),
  product: z.string(),
  version: versionShape,
  components: z.array(component),
  services: z.array(service),
  databases: z.array(database),
  migrations: z.array(migration),
  upgradeFrom: rangeShape.exactOptional(),
  stops: z.array(stopShape),
  requiresTool: rangeShape.exactOptional(),
  rollback: z.strictObject({ until: z.enum(['roll', 'postdeploy']) }),
  notes: z.strictObject({
    summary: z.string().exactOptional(),
    breaking: lines,
    deprecated: lines,
    knownIssues: lines,
  }),
  dataMigrations: z.array(recordedDataMigrationShape).min(1).exactOptional(),
  contract: z.strictObject({ afterMs: z.int().nonnegative() }).exactOptional(),
  configuration: z.array(recordedConfigurationChangeShape).min(1).exactOptional(),
  secretKeys: z
    .array(z.strictObject({ file: z.string(), key: z.string() }))
    .min(1)
    .exactOptional(),
  risks: z.array(riskShape).min(1).exactOptional(),
  totals: z.array(recordedTotalShape).min(1).exactOptional(),
  migrationCommands: z.array(recordedMigrationCommandShape).min(1).exactOptional(),
  lint: z
    .strictObject({
      tool: z.string(),
      server: z.int(),
      files: z.int().nonnegative(),
      warnings: z.int().nonnegative(),
      suppressed: z.record(z.string(), z.int().positive()),
      measured: z.boolean(),
      proof: z.strictObject({ statements: z.int().nonnegative(), coverage: z.number().min(0).max(1) }).exactOptional(),
    })
    .exactOptional(),
});

/** The text of a release document and its identity, which is over its canonical form and so does not depend on white space. */
export function encodeRelease(release: Release): { readonly text: string; readonly digest: Digest } {
  const document = { schema: RELEASE_SCHEMA, ...release } as unknown as Json;
  return { text: renderDocument(document), digest: digestOfText(canonicalJson(document)) };
}

/** Throws `release.wrong-document` with every problem when the text is not a release document of this version. */
export async function decodeRelease(
  path: string,
  text: string,
): Promise<{ readonly release: Release; readonly digest: Digest }> {
  const document = { path, text, kind: 'release document', name: RELEASE_SCHEMA };
  const { value, json } = await decodeDocument(document, releaseSchema);
  const { schema: _, ...release } = value;
  return { release, digest: digestOfText(canonicalJson(json)) };
}
