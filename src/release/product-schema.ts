import { z } from 'zod';
import { parseDuration } from '../model/index.ts';
import { checkReferences } from './check-references.ts';
import { checkShipped } from './check-shipped.ts';
import { explainWrongImage } from './image-template.ts';
import { checkCommandNames, migrationCommandShape } from './migration-command-shapes.ts';
import { commandShape, rangeShape, wordsShape } from './shapes.ts';
import { checkTotalNames, totalShape } from './total-shapes.ts';
import { explainUnknownVariable } from './version-template.ts';

const NAME = /^[a-z][a-z0-9-]*$/;
/** Database names become folders and identifiers; an underscore is common in them. */
const DATABASE_NAME = /^[a-z][a-z0-9_-]*$/;

const NAME_RULE = 'must be lower-case letters, digits and hyphens, beginning with a letter';
const DATABASE_NAME_RULE = 'must be lower-case letters, digits, hyphens and underscores, beginning with a letter';

const name = z.string().regex(NAME, { error: NAME_RULE });
const databaseName = z.string().regex(DATABASE_NAME, { error: DATABASE_NAME_RULE });
/** The message for a key that is no name; other problems of a record keep theirs. */
const keyError = (rule: string) => ({
  error: (issue: { readonly code?: string }) => (issue.code === 'invalid_key' ? `this name ${rule}` : undefined),
});

/** A path below the folder of the file that names it. */
const relativePath = z.string().refine(staysInside, {
  error: 'must be a relative path inside the folder of product.yaml, with forward slashes',
});

const ready = z.union([
  z.strictObject({ http: z.string().startsWith('/', { error: 'must be a path that starts with /' }) }),
  z.strictObject({ tcp: z.literal(true) }),
  z.strictObject({
    up: z.string().refine((text) => parseDuration(text) !== undefined, { error: 'must be a duration, such as 2s' }),
  }),
]);

const image = z.string().superRefine((text, report) => {
  const wrong = explainWrongImage(text);
  if (wrong !== undefined) report.addIssue({ code: 'custom', message: wrong });
});

const tarball = relativePath.superRefine((text, report) => {
  const wrong =
    explainUnknownVariable(text) ?? (/\.(tar\.gz|tgz)$/.test(text) ? undefined : 'must end with .tar.gz or .tgz');
  if (wrong !== undefined) report.addIssue({ code: 'custom', message: wrong });
});

const service = z
  .strictObject({
    database: databaseName.exactOptional(),
    artifact: relativePath
      .exactOptional()
      .meta({ description: 'Folder with what the release ships for this service.' }),
    tarball: tarball.exactOptional().meta({
      description: `Gzipped tar that the release ships for this service; $\{version} in its path is the version that is built.`,
    }),
    image: image.exactOptional().meta({
      description: `Image that the release ships for this service; $\{version} in its tag is the version that is built.`,
    }),
    command: commandShape.exactOptional().meta({
      description:
        "Program and arguments, started in the folder that is shipped or unpacked without a shell, or in place of the image's own.",
    }),
    after: z.array(name).default([]).meta({ description: 'Services whose new instances must take traffic first.' }),
    roll: z.enum(['start-first', 'overlap', 'stop-first', 'one-shot']).exactOptional(),
    ready: ready.exactOptional().meta({ description: 'How an instance says that it can take work.' }),
    dataMigrations: wordsShape
      .exactOptional()
      .meta({ description: 'Command that speaks the data-migrations protocol.' }),
  })
  .meta({
    oneOf: [{ required: ['artifact', 'command'] }, { required: ['tarball', 'command'] }, { required: ['image'] }],
  });

const database = z.strictObject({
  services: z.array(name).default([]),
  server: rangeShape.exactOptional().meta({ description: 'Range of Postgres versions, such as ">=14".' }),
  extensions: z.array(z.string().min(1)).default([]),
  queries: relativePath.exactOptional().meta({
    description:
      'Statements of the version that runs, as "onward record" writes them, to be proved against new migrations.',
  }),
});

const lint = z.strictObject({
  server: z.literal([14, 15, 16, 17, 18], { error: 'must be one of 14, 15, 16, 17 and 18' }).exactOptional().meta({
    description:
      'Major version of Postgres that migrations are judged for; the lowest that the databases allow unless told.',
  }),
  measure: z
    .boolean()
    .default(false)
    .meta({ description: 'Apply new migrations to a scratch database and measure them.' }),
  invariants: relativePath.exactOptional().meta({ description: 'Folder of what must be so after all migrations.' }),
  minimumCoverage: z
    .number()
    .min(0)
    .max(1)
    .default(0.95)
    .meta({ description: 'Share of calls that the query proof must cover.' }),
});

/** The shape of product.yaml, and that its names refer to each other. */
export const productSchema = z
  .strictObject({
    product: name,
    upgrades: z
      .strictObject({ skipMinor: z.boolean().default(false), skipMajor: z.boolean().default(false) })
      .default({ skipMinor: false, skipMajor: false }),
    databases: z.record(databaseName, database, keyError(DATABASE_NAME_RULE)).default({}),
    services: z.record(name, service, keyError(NAME_RULE)),
    migrations: relativePath.exactOptional(),
    lint: lint.prefault({}).meta({ description: 'How a build judges the migrations of a release.' }),
    totals: z
      .array(totalShape)
      .default([])
      .meta({ description: 'Figures of the databases that every upgrade must keep.' }),
    migrationCommands: z
      .array(migrationCommandShape)
      .default([])
      .meta({ description: 'Commands of the product that move its schema, in every release.' }),
    releases: relativePath
      .exactOptional()
      .meta({ description: 'Folder with a <version>.yaml for releases that need one.' }),
  })
  .superRefine(checkShipped)
  .superRefine(checkReferences)
  .superRefine(({ totals, migrationCommands }, report) => {
    checkTotalNames(totals, report);
    checkCommandNames(migrationCommands, report);
  });

export type ProductDocument = z.output<typeof productSchema>;

function staysInside(path: string): boolean {
  if (path === '' || path.startsWith('/') || /[\\\0]/.test(path) || /^[A-Za-z]:/.test(path)) return false;
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '.' && part !== '') depth += 1;
    if (depth < 0) return false;
  }
  return true;
}
