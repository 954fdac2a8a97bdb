import { z } from 'zod';
import type { Catalog, Json } from '../model/index.ts';
import { knownRiskShape, stopShape } from './condition-shapes.ts';
import { decodeDocument, renderDocument } from './document.ts';
import { digestShape, rangeShape, versionShape } from './shapes.ts';

const CATALOG_SCHEMA = 'onward/catalog/v1';

export const CHANNEL_NAME = /^[a-z][a-z0-9-]*$/;

const entry = z.strictObject({
  version: versionShape,
  digest: digestShape,
  publishedAt: z.iso.datetime(),
  upgradeFrom: rangeShape.exactOptional(),
  stops: z.array(stopShape),
  requiresTool: rangeShape.exactOptional(),
  withdrawn: z.strictObject({ reason: z.string() }).exactOptional(),
});

/** The catalog document, as a release source holds it. Another version or an unknown key is refused. */
export const catalogSchema = z
  .strictObject({
    schema: z.literal(CATALOG_SCHEMA),
    product: z.string(),
    rules: z.strictObject({ skipMinor: z.boolean(), skipMajor: z.boolean() }),
    releases: z.array(entry),
    channels: z.record(z.string().regex(CHANNEL_NAME), versionShape),
    risks: z.array(knownRiskShape).min(1).exactOptional(),
  })
  .superRefine((catalog, report) => {
    const seen = new Set<string>();
    for (const [index, { version }] of catalog.releases.entries()) {
      if (seen.has(version))
        report.addIssue({ code: 'custom', path: ['releases', index], message: `${version} stands twice` });
      seen.add(version);
    }
    for (const [index, { id }] of (catalog.risks ?? []).entries()) {
      if (catalog.risks?.findIndex((other) => other.id === id) !== index)
        report.addIssue({ code: 'custom', path: ['risks', index], message: `risk "${id}" stands twice` });
    }
    for (const [channel, version] of Object.entries(catalog.channels)) {
      if (!seen.has(version)) {
        report.addIssue({ code: 'custom', path: ['channels', channel], message: `there is no release ${version}` });
      }
    }
  });

export function encodeCatalog(catalog: Catalog): string {
  return renderDocument({ schema: CATALOG_SCHEMA, ...catalog } as unknown as Json);
}

/** Throws `release.wrong-document` with every problem when the text is not a catalog of this version. */
export async function decodeCatalog(path: string, text: string): Promise<Catalog> {
  const { value } = await decodeDocument({ path, text, kind: 'catalog', name: CATALOG_SCHEMA }, catalogSchema);
  const { schema: _, ...catalog } = value;
  return catalog;
}
