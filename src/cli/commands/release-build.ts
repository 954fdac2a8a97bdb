import type { Command } from 'commander';
import { readMigrations } from '../../migrate/index.ts';
import { type Digest, ExitCode, type Finding, type Release, renderFinding } from '../../model/index.ts';
import { buildRelease, loadProduct, type MigrationFile, type Product } from '../../release/index.ts';
import type { System } from '../../system/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addJsonOption } from './options.ts';
import { DEFAULT_SOURCE } from './source-option.ts';

interface BuildOptions {
  readonly product: string;
  readonly to: string;
  readonly json?: boolean;
}

export function defineBuild(command: Command, run: RunAction): void {
  addExplanation(addJsonOption(command), {
    notes: [
      'Everything is checked before anything is written. Building the same content again',
      'changes nothing; other content under a published version is refused.',
    ],
    examples: [
      ['onward release build 1.4.0', 'from ./product.yaml into ./releases'],
      ['onward release build 1.4.0 --to /srv/releases', 'into another source'],
    ],
  })
    .description('Build a release from product.yaml and publish it into a source folder')
    .argument('<version>', 'semantic version of the release, such as 1.2.0')
    .option('--product <path>', 'what the product consists of', 'product.yaml')
    .option('--to <folder>', 'folder of the release source, made when it is not there', DEFAULT_SOURCE)
    .action((version: string, options: BuildOptions) => run((context) => build(context, version, options)));
}

async function build(context: CommandContext, version: string, options: BuildOptions): Promise<ExitCode> {
  const { system, print, say } = context;
  const product = await loadProduct(system, options.product);
  const { files, findings } = await readProductMigrations(system, product);
  if (findings.some((finding) => finding.severity === 'error')) {
    for (const finding of findings) say(`${finding.severity}: ${renderFinding(finding)}`);
    say(`Release ${version} was not built. Nothing has changed.`);
    say(`-> Mend the files, then run "onward release build ${version}" again.`);
    return ExitCode.findings;
  }
  const judge = async (shipped: ReadonlySet<Digest>) => {
    const { judgeRelease } = await import('./judge-release.ts');
    return judgeRelease(context, { product, files, shipped, version });
  };
  const request = {
    productFile: options.product,
    version,
    source: options.to,
    migrations: files,
    ...(files.length === 0 ? {} : { judge }),
  };
  const built = await buildRelease(system, request);
  const { digest, alreadyPublished, carried } = built;
  await keepReleasedList(context, product, built.release);
  for (const finding of [...findings, ...built.findings]) say(`${finding.severity}: ${renderFinding(finding)}`);
  for (const { service, producedBy } of carried) say(`${service} is carried from ${producedBy}`);
  for (const line of describePinned(built.release)) say(line);
  if (options.json) print(`${JSON.stringify({ version, digest, alreadyPublished, carried })}\n`);
  else print(`${version} ${digest}${alreadyPublished ? ' (already published)' : ''}\n`);
  return ExitCode.done;
}

/** The images and tarballs that are new in it. */
function describePinned({ components, version }: Release): readonly string[] {
  return components.flatMap((component) => {
    if (component.kind === 'folder' || component.producedBy !== version) return [];
    const { service, identity } = component;
    if (component.kind === 'tarball') return [`${service} is ${component.file}, pinned to ${identity}`];
    const { image, tag } = component;
    return [`${service} is ${image}${tag === undefined ? '' : `:${tag}`}, pinned to ${identity}`];
  });
}

/** What has gone out is listed beside the migrations, for whoever lints them without the release source. */
async function keepReleasedList({ system, say }: CommandContext, product: Product, release: Release): Promise<void> {
  if (product.migrations === undefined || release.migrations.length === 0) return;
  const { writeReleasedList } = await import('../../lint/index.ts');
  const { findings } = await writeReleasedList(system, product.migrations, release.migrations);
  for (const { severity, message, file, help } of findings) say(`${severity}: ${file}: ${message}\n-> ${help}`);
}

/** The product's migrations. Where the folder does not name its database, that is the product's, if it has only one. */
async function readProductMigrations(
  system: System,
  product: Product,
): Promise<{ readonly files: readonly MigrationFile[]; readonly findings: readonly Finding[] }> {
  if (product.migrations === undefined) return { files: [], findings: [] };
  const { files, findings } = await readMigrations(system, product.migrations);
  const [only, ...others] = product.databases;
  if (!only || others.length > 0) return { files, findings };
  const isUnnamed = (file: MigrationFile) => !file.path.startsWith(`${file.database}/`);
  return { files: files.map((file) => (isUnnamed(file) ? { ...file, database: only.name } : file)), findings };
}
