import { dirname, join, normalize } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LintOptions, LintReport } from '../../lint/index.ts';
import { ExitCode } from '../../model/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { renderGithub, renderLint } from '../render/lint.ts';
import { addExplanation } from './explanation.ts';
import { createMigrateEngine } from './migrate-engine.ts';

const FORMATS = ['text', 'json', 'sarif', 'github'] as const;

interface Options extends Omit<LintOptions, 'paths' | 'server' | 'minimumCoverage' | 'never'> {
  readonly server: string;
  readonly format: (typeof FORMATS)[number];
  readonly minimumCoverage?: number;
  readonly strict?: boolean;
  readonly fix?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(command)
    .argument('[path...]', 'files and folders of migrations (default: "migrations")')
    .option('--database <name>', 'only the migrations of this database')
    .option('--baseline <file|url>', 'what was there before the first migration: an SQL file, or a database to look at')
    .option('--since <release>', 'judge what came after this release, a git tag or another git ref')
    .option('--measure', 'also apply each file to a scratch database, and measure what it does')
    .option('--invariants <folder>', 'what must be so after all migrations; with --measure, "invariants" beside them')
    .option('--on <url>', 'a scratch server to measure on, instead of an embedded one')
    .option('--queries <file>', "statements of the version that runs: prove that they still work ('onward record')")
    .option('--minimum-coverage <share>', 'share of calls that the proof must cover, 0 to 1 (default: 0.95)', share)
    .addOption(
      new Option('--server <version>', 'major version of Postgres')
        .choices(['14', '15', '16', '17', '18'])
        .default('15'),
    )
    .addOption(new Option('--format <format>', 'how the findings are written').choices(FORMATS).default('text'))
    .option('--fix', 'write the repairs that are certain into the files')
    .option('--strict', 'exit with 1 for warnings too')
    .action((paths: readonly string[], options: Options) => run((context) => lint(context, paths, options)));
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'Reads any folder of SQL migrations: the layouts of Onward, golang-migrate, Flyway,',
      'dbmate, goose, sqlx, Prisma, diesel, or plain numbered files. Nothing is applied to',
      'any database of yours: --measure and --queries use scratch databases that they',
      'remove again.',
      '',
      'A file that only the contract phase may hold needs "-- onward:phase contract" at its',
      'top, or a place in contract/. A finding is allowed by a comment beside the statement:',
      '  -- onward:allow drop-index until 2.0.0: no query of 1.x uses it',
      '',
      'Exits with 1 when there is an error, with 0 when there are only warnings.',
    ],
    examples: [
      ['onward lint migrations/', 'what is dangerous in this folder'],
      ['onward lint --since 1.4.0 --measure', 'measure what came after 1.4.0'],
      ['onward lint --queries queries.json', 'prove that the statements of 1.4.0 still work'],
      ['onward lint --format github', 'annotations in a GitHub workflow'],
    ],
  });
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('must be a number from 0 to 1');
  return value;
}

async function lint(context: CommandContext, paths: readonly string[], options: Options): Promise<ExitCode> {
  const { runLint, applyEdits } = await import('../../lint/index.ts');
  const { server, format, strict, fix, ...rest } = options;
  const { system, say, interrupt } = context;
  const places = (paths.length === 0 ? ['migrations'] : paths).map((path) => normalize(path));
  const invariants =
    options.invariants ?? (options.measure ? await findInvariants(context, places[0] ?? '') : undefined);
  const never = options.on === undefined ? [] : await listDatabasesInUse(context);
  const lintOptions: LintOptions = {
    ...rest,
    paths: places,
    never,
    migrate: createMigrateEngine(system, places[0] ?? ''),
    ...(invariants === undefined ? {} : { invariants }),
    server: Number(server) as LintOptions['server'],
    signal: interrupt,
  };
  const first = await runLint(system, lintOptions);
  let { report } = first;
  if (fix && first.edits.length > 0) {
    for (const { file, count } of await applyEdits(system, first.edits)) {
      say(`${file}: ${count} ${count === 1 ? 'statement' : 'statements'} rewritten`);
    }
    ({ report } = await runLint(system, lintOptions));
  }
  await write(context, report, format);
  const { errors, warnings } = report.summary;
  return errors > 0 || (strict === true && warnings > 0) ? ExitCode.findings : ExitCode.done;
}

/** Those of the deployment in this folder, if there is one. */
async function listDatabasesInUse({ system }: CommandContext): Promise<NonNullable<LintOptions['never']>> {
  const { DEPLOYMENT_FILE, loadDeployment, resolveDatabaseTargets } = await import('../../deployment/index.ts');
  if (!(await system.files.exists(DEPLOYMENT_FILE))) return [];
  return [...(await resolveDatabaseTargets(system, await loadDeployment(system, DEPLOYMENT_FILE))).values()];
}

async function findInvariants({ system }: CommandContext, path: string): Promise<string | undefined> {
  const folder = join(dirname(path), 'invariants');
  return (await system.files.isFolder(folder)) ? folder : undefined;
}

async function write(
  { print, isColoured, programs }: CommandContext,
  report: LintReport,
  format: Options['format'],
): Promise<void> {
  switch (format) {
    case 'json':
      return print(`${JSON.stringify(report)}\n`);
    case 'github':
      return print(renderGithub(report));
    case 'sarif': {
      const { renderSarif } = await import('../render/sarif.ts');
      const { describeRules } = await import('../../lint/index.ts');
      return print(renderSarif(report, describeRules(), programs.toolVersion));
    }
    default:
      return print(renderLint(report, isColoured));
  }
}
