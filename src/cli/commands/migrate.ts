import { type Command, InvalidArgumentError, Option } from 'commander';
import { type RunMigrateOptions, runMigrate, runMigrateStatus } from '../../migrate/index.ts';
import { describeFinding, ExitCode, isVersion, MIGRATION_PHASES, parseDuration } from '../../model/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { renderMigrateReport, renderMigrationStatus } from '../render/migrate.ts';
import { addExplanation } from './explanation.ts';
import { findDeployment } from './find-deployment.ts';
import { addJsonOption } from './options.ts';

interface MigrateOptions extends Pick<RunMigrateOptions, 'migrations'> {
  readonly file?: string;
  readonly url?: string;
  readonly passwordFile?: string;
  readonly phase?: NonNullable<RunMigrateOptions['phase']>;
  readonly database?: string;
  readonly to?: string;
  readonly lockBudget?: number;
  readonly lockWait?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addTargetOptions(command)))
    .addOption(
      new Option(
        '--phase <phase>',
        'apply this phase (default: expand; of flat files, all up to a contract change)',
      ).choices(MIGRATION_PHASES),
    )
    .option(
      '--lock-budget <duration>',
      'longest time that the application may be made to wait (default: 50ms)',
      duration,
    )
    .option('--lock-wait <duration>', 'longest time that one file waits for its moment (default: 2m)', duration)
    .option('--dry-run', 'show what would be applied, and change nothing')
    .action((options: MigrateOptions) =>
      run(async (context) => {
        const deployment = await findDeployment(context, describeTarget(command, options));
        if (deployment === undefined) return apply(context, options);
        const { applyToDeployment } = await import('./migrate-deployment.ts');
        return applyToDeployment(context, deployment, options);
      }),
    );
  addExplanation(addJsonOption(addTargetOptions(command.command('status'))), {
    notes: ['Nothing is changed. Exits with 1 when a file was edited, is missing, or comes late.'],
    examples: [
      ['onward migrate status', 'compare the next release with the ledger'],
      ['onward migrate status --url postgres://app@db/core', 'compare ./migrations with it'],
    ],
  })
    .description('Show what is applied, pending and edited')
    // The options of "migrate" may stand before "status" too.
    .action((_options: MigrateOptions, status: Command) =>
      run(async (context) => {
        const options = status.optsWithGlobals<MigrateOptions>();
        const deployment = await findDeployment(context, describeTarget(status, options));
        if (deployment === undefined) return show(context, options);
        const { showOfDeployment } = await import('./migrate-deployment.ts');
        return showOfDeployment(context, deployment, options);
      }),
    );
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'For a deployment (--file, or onward.yaml in this folder): the expand phase of the',
      'next release on the path, from its release source and under its lease; with',
      '--phase postdeploy, what the installed release has left to do. No service is touched.',
      '',
      'Alone (--url, --migrations, or PGHOST and the like): a folder, without onward.yaml.',
      'What --url leaves out comes from PGHOST, PGPORT, PGUSER, PGDATABASE, PGSSLMODE and',
      'the other variables of libpq, the password from PGPASSWORD, PGPASSWORD_FILE or',
      'PGPASSFILE.',
      '',
      'Running it again goes on where it stopped.',
    ],
    examples: [
      ['onward migrate --dry-run', 'what the next release would expand'],
      ['onward migrate', 'expand now, and roll another day'],
      ['onward migrate --url postgres://app@db/core', 'apply ./migrations, without onward.yaml'],
    ],
  });
}

function describeTarget(command: Command, options: MigrateOptions) {
  const isNamed = [command, command.parent].some((found) => found?.getOptionValueSource('migrations') === 'cli');
  return {
    ...(options.file === undefined ? {} : { file: options.file }),
    ...(options.url === undefined ? {} : { url: options.url }),
    hasMigrationsFolder: isNamed,
  };
}

function addTargetOptions(command: Command): Command {
  return command
    .option('-f, --file <path>', 'onward.yaml of a deployment: migrate its databases, under its lease')
    .option('--url <url>', 'postgres://user@host:5432/database')
    .option('--password-file <path>', 'file that holds the password')
    .option('--migrations <folder>', 'folder of migrations', './migrations')
    .option('--database <name>', 'which database, when there are several')
    .option('--to <version>', 'leave migrations of newer versions alone', version);
}

function version(text: string): string {
  const plain = text.replace(/^v/, '');
  if (!isVersion(plain)) throw new InvalidArgumentError('must be a version such as 1.4.0');
  return plain;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1) throw new InvalidArgumentError('must be a duration such as 50ms, 30s or 2m');
  return ms;
}

async function apply({ system, print, say, interrupt }: CommandContext, options: MigrateOptions): Promise<ExitCode> {
  const { lockBudget, lockWait, json, ...rest } = options;
  const report = await runMigrate(system, {
    ...rest,
    ...(lockBudget === undefined ? {} : { lockBudgetMs: lockBudget }),
    ...(lockWait === undefined ? {} : { lockWaitMs: lockWait }),
    onEvent: (event) => system.log.emit(event),
    signal: interrupt,
  });
  if (json !== true) {
    for (const finding of report.findings) say(describeFinding(finding));
    print(renderMigrateReport(report, options.dryRun === true));
    return ExitCode.done;
  }
  const { database, applied, planned, left, cosmetic, alreadyApplied } = report;
  const paths = (files: typeof planned) => files.map(({ path }) => path);
  const done = applied.map(({ file, ...measured }) => ({ path: file.path, checksum: file.checksum, ...measured }));
  const lists = { planned: paths(planned), left: paths(left), cosmetic: paths(cosmetic) };
  print(`${JSON.stringify({ database, applied: done, ...lists, alreadyApplied: alreadyApplied.length })}\n`);
  return ExitCode.done;
}

async function show({ system, print }: CommandContext, options: MigrateOptions): Promise<ExitCode> {
  const status = await runMigrateStatus(system, options);
  print(options.json ? `${JSON.stringify(status)}\n` : renderMigrationStatus(status));
  return status.drift.length + status.late.length > 0 ? ExitCode.findings : ExitCode.done;
}
