import { type Command, InvalidArgumentError, Option } from 'commander';
import { type RunMigrateOptions, runMigrate, runMigrateStatus } from '../../migrate/index.ts';
import { describeFinding, ExitCode, isVersion, MIGRATION_PHASES, parseDuration } from '../../model/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { renderMigrateReport, renderMigrationStatus } from '../render/migrate.ts';
import { addJsonOption } from './options.ts';

interface MigrateOptions extends Pick<RunMigrateOptions, 'migrations'> {
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
  addJsonOption(addTargetOptions(command))
    .addOption(
      new Option(
        '--phase <phase>',
        'apply this phase; without it expand, or flat files up to a contract change',
      ).choices(MIGRATION_PHASES),
    )
    .option('--lock-budget <duration>', 'longest time that the application may be made to wait', duration)
    .option('--lock-wait <duration>', 'longest time that one file waits for its moment', duration)
    .option('--dry-run', 'show what would be applied, and change nothing')
    .addHelpText(
      'after',
      '\nNeeds no onward.yaml. What --url leaves out comes from PGHOST, PGPORT, PGUSER, PGDATABASE, PGSSLMODE and the other variables of libpq,\nthe password from PGPASSWORD, PGPASSWORD_FILE or the password file (PGPASSFILE). Running it again goes on where it stopped.',
    )
    .action((options: MigrateOptions) => run((context) => apply(context, options)));
  addJsonOption(addTargetOptions(command.command('status')))
    .description('Show what is applied, pending and edited')
    // The options of "migrate" may stand before "status" too.
    .action((_options: MigrateOptions, status: Command) => run((context) => show(context, status.optsWithGlobals())));
}

function addTargetOptions(command: Command): Command {
  return command
    .option('--url <url>', 'postgres://user@host:5432/database')
    .option('--password-file <path>', 'file that holds the password')
    .option('--migrations <folder>', 'folder of migrations', './migrations')
    .option('--database <name>', "which of the folder's databases")
    .option('--to <version>', 'leave newer versions alone', version);
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
