import { join } from 'node:path';
import { z } from 'zod';
import {
  type ConfigurationChange,
  type DataMigration,
  parseDuration,
  type Release,
  type Risk,
  satisfiesRange,
  type Total,
} from '../model/index.ts';
import { loadDocument, type System } from '../system/index.ts';
import { checkConfiguration } from './check-configuration.ts';
import { riskShape, stopShape } from './condition-shapes.ts';
import { buildConfigurationChange, configurationChangeShape } from './configuration-shapes.ts';
import { buildDataMigration, dataMigrationShape } from './data-migration-shapes.ts';
import { misnamedDetails } from './errors.ts';
import {
  buildMigrationCommand,
  checkCommandNames,
  type DeclaredCommand,
  migrationCommandShape,
} from './migration-command-shapes.ts';
import type { Product } from './product.ts';
import { rangeShape } from './shapes.ts';
import { buildTotal, checkTotalNames, totalShape } from './total-shapes.ts';

const lines = z.array(z.string().min(1)).default([]);

/** The shape of `<releases>/<version>.yaml`: what a vendor says of one release beyond what is built. */
export const releaseDetailsSchema = z
  .strictObject({
    upgradeFrom: rangeShape
      .exactOptional()
      .meta({ description: 'Releases that this one can be reached from directly.' }),
    stops: z.array(stopShape).default([]),
    risks: z
      .array(riskShape)
      .default([])
      .meta({ description: 'What is known to go wrong with it in some deployments.' }),
    requiresTool: rangeShape
      .exactOptional()
      .meta({ description: 'Versions of Onward that may upgrade to this release.' }),
    rollback: z.strictObject({ until: z.enum(['roll', 'postdeploy']) }).default({ until: 'roll' }),
    contract: z
      .strictObject({
        after: z
          .string()
          .refine((text) => parseDuration(text) !== undefined, { error: 'must be a duration, such as 7d' })
          .meta({ description: 'How long after the upgrade the old shape stays, such as 7d; 0s unless told.' }),
      })
      .exactOptional()
      .meta({ description: 'When "onward contract" may remove what this release no longer needs.' }),
    lateMigrations: z
      .array(z.string().min(1))
      .default([])
      .meta({ description: 'Migration files that may be applied after files that sort behind them.' }),
    dataMigrations: z
      .array(dataMigrationShape)
      .default([])
      .meta({ description: 'Rows to move from their old shape to the new one, in batches.' }),
    configuration: z
      .array(configurationChangeShape)
      .default([])
      .meta({ description: 'What the release changes in the configuration files of its operators.' }),
    totals: z
      .array(totalShape)
      .default([])
      .meta({ description: 'Figures that the upgrade to this release must keep, beside those of product.yaml.' }),
    migrationCommands: z.array(migrationCommandShape).default([]).meta({
      description: 'Commands of the product that move its schema to this release, beside those of product.yaml.',
    }),
    notes: z
      .strictObject({ summary: z.string().exactOptional(), breaking: lines, deprecated: lines, knownIssues: lines })
      .default({ breaking: [], deprecated: [], knownIssues: [] }),
  })
  .superRefine(({ stops, risks, dataMigrations, configuration, totals, migrationCommands }, report) => {
    checkCommandNames(migrationCommands, report);
    for (const [index, { id }] of risks.entries()) {
      if (risks.findIndex((other) => other.id === id) < index)
        report.addIssue({ code: 'custom', path: ['risks', index, 'id'], message: `risk "${id}" stands twice` });
    }
    const whole = configuration.map((change) => configurationChangeShape.safeParse(change).data);
    for (const { index, message } of checkConfiguration(
      whole.map((change) => change && buildConfigurationChange(change)),
    ))
      report.addIssue({ code: 'custom', path: ['configuration', index], message });
    checkTotalNames(totals, report);
    for (const [index, { id }] of dataMigrations.entries()) {
      if (dataMigrations.findIndex((other) => other.id === id) < index)
        report.addIssue({
          code: 'custom',
          path: ['dataMigrations', index, 'id'],
          message: `data migration "${id}" stands twice`,
        });
    }
    for (const [index, { id, prefer, satisfiedBy }] of stops.entries()) {
      const add = (key: string, message: string) =>
        report.addIssue({ code: 'custom', path: ['stops', index, key], message });
      if (stops.findIndex((other) => other.id === id) < index) add('id', `stop "${id}" stands twice`);
      if (prefer !== undefined && !satisfiesRange(prefer, satisfiedBy))
        add('prefer', `${prefer} is not in ${satisfiedBy}`);
    }
  });

export type ReleaseDetails = Pick<
  Release,
  'upgradeFrom' | 'stops' | 'requiresTool' | 'rollback' | 'notes' | 'contract'
> & {
  readonly lateMigrations: readonly string[];
  readonly dataMigrations: readonly DataMigration[];
  readonly configuration: readonly ConfigurationChange[];
  readonly risks: readonly Risk[];
  readonly totals: readonly Total[];
  readonly migrationCommands: readonly DeclaredCommand[];
};

/** What the vendor says of one release; the defaults when there is no file for it. Throws when the file has a problem or a near-miss name. */
export async function loadReleaseDetails(system: System, product: Product, version: string): Promise<ReleaseDetails> {
  if (product.releases === undefined) return normalise(releaseDetailsSchema.parse({}));
  const expected = `${version}.yaml`;
  const names = await system.files.names(product.releases);
  const misnamed = names.find(
    (name) => name !== expected && name.replace(/^v/, '').replace(/\.(ya?ml|json)$/, '') === version,
  );
  if (misnamed !== undefined) throw misnamedDetails(join(product.releases, misnamed), expected);
  if (!names.includes(expected)) return normalise(releaseDetailsSchema.parse({}));
  return normalise(
    await loadDocument(system.files, join(product.releases, expected), 'release file', releaseDetailsSchema),
  );
}

function normalise(details: z.infer<typeof releaseDetailsSchema>): ReleaseDetails {
  const { contract, ...rest } = details;
  return {
    ...rest,
    ...(contract === undefined ? {} : { contract: { afterMs: parseDuration(contract.after) ?? 0 } }),
    dataMigrations: details.dataMigrations.map(buildDataMigration),
    configuration: details.configuration.map(buildConfigurationChange),
    totals: details.totals.map((total) => buildTotal(total, 'release')),
    migrationCommands: details.migrationCommands.map(buildMigrationCommand),
  };
}
