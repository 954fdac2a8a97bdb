import { type Command, Option } from 'commander';
import {
  assertAdoptable,
  type DeploymentLedgerRequest,
  findForeignLayout,
  foreignLayout,
  LEDGER_TOOLS,
  type LedgerPlan,
  planDeploymentLedger,
  planLedger,
  takeOverDeploymentLedger,
  takeOverLedger,
} from '../../adopt/index.ts';
import { loadAlone, loadFolder } from '../../migrate/index.ts';
import { ExitCode } from '../../model/index.ts';
import { resolveConnectionTarget } from '../../system/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { askToStart } from '../confirm.ts';
import { countFresh, describeRecorded, encodeLedgerPlan, renderLedgerPlan } from '../render/adopt-ledger.ts';
import { addExplanation } from './explanation.ts';
import { findDeployment } from './find-deployment.ts';
import { addJsonOption, withInstallation } from './options.ts';

interface LedgerOptions {
  readonly file?: string;
  readonly url?: string;
  readonly passwordFile?: string;
  readonly migrations: string;
  readonly database?: string;
  readonly to?: string;
  readonly ledger?: string;
  readonly table?: string;
  readonly baseline?: string;
  readonly leaveOut?: readonly string[];
  readonly prove?: boolean;
  readonly on?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
}

export function defineLedger(command: Command, run: RunAction): void {
  const tools = LEDGER_TOOLS.map(({ name }) => name);
  addExplanation(command, {
    notes: [
      'Finds the table in which the migration tool of before kept its record, in any schema,',
      'compares it with the files, and records in the ledger of Onward what was applied. No',
      'migration is run, and the other table is only read. Afterwards "onward migrate"',
      'applies the rest. Running it again compares, and adds what is new.',
      '',
      'A file that was edited since, an entry without a file, and a migration that failed on',
      'its way are refused. With --prove, or a baseline, the files are built on a scratch server',
      'of the same major version, and what comes of it must equal the schema that is there.',
      '',
      'For a deployment (--file, or onward.yaml in this folder): the files of the release that',
      'its channel names, or of --to; under its lease. Alone: as "onward migrate".',
    ],
    examples: [
      ['onward adopt ledger --dry-run', 'what was applied, and by which tool'],
      ['onward adopt ledger --prove', 'record it once the schema is proven to be that of the files'],
      ['onward adopt ledger --baseline 0001_baseline.up.sql', 'the files of before are squashed into this one'],
      ['onward adopt ledger --url postgres://app@db/core --yes', 'without onward.yaml, and without a question'],
    ],
  });
  addJsonOption(
    command
      .description('Take over the ledger of another migration tool, and run nothing')
      .option('-f, --file <path>', 'onward.yaml of a deployment: one of its databases, under its lease')
      .option('--url <url>', 'postgres://user@host:5432/database')
      .option('--password-file <path>', 'file that holds the password')
      .option('--migrations <folder>', 'folder of migrations', './migrations')
      .option('--database <name>', 'which database, when there are several')
      .option('--to <release>', 'the release, or channel, whose files count')
      .addOption(new Option('--ledger <tool>', 'whose ledger it is, where that cannot be told').choices(tools))
      .option('--table <name>', 'its table, where it is not called as usual')
      .option('--baseline <file|version>', 'what the schema was born with: a file, or all up to a version')
      .option(
        '--leave-out <table>',
        'a table that is not of the product, as <schema>.<name>; may be repeated',
        (name: string, before: readonly string[] = []) => [...before, name],
      )
      .option('--prove', 'build the files on a scratch server and compare')
      .option('--on <url>', 'a scratch server, instead of an embedded one')
      .option('--dry-run', 'show what would be recorded, and change nothing')
      .option('-y, --yes', 'do not ask'),
  ).action((options: LedgerOptions) =>
    run(async (context) => {
      const hasMigrationsFolder = command.getOptionValueSource('migrations') === 'cli';
      const deployment = await findDeployment(context, {
        ...(options.file === undefined ? {} : { file: options.file }),
        ...(options.url === undefined ? {} : { url: options.url }),
        hasMigrationsFolder,
      });
      if (deployment === undefined) return adoptAlone(context, options);
      return adoptInDeployment(context, deployment, { ...options, hasMigrationsFolder });
    }),
  );
}

async function adoptAlone(context: CommandContext, options: LedgerOptions): Promise<ExitCode> {
  const { system } = context;
  await assertOwnLayout(context, options.migrations);
  const plan = await planLedger(system, {
    ...(await loadAlone(system, options)),
    ...(await readWish(context, options)),
  });
  return finish(context, options, plan, () =>
    takeOverLedger(system, plan, {
      run: `adopt-${system.clock.now().toISOString()}-${system.random.hex(4)}`,
      onEvent: (event) => system.log.emit(event),
      signal: context.interrupt,
    }),
  );
}

async function adoptInDeployment(
  context: CommandContext,
  path: string,
  options: LedgerOptions & { readonly hasMigrationsFolder: boolean },
): Promise<ExitCode> {
  const { system, interrupt } = context;
  if (options.hasMigrationsFolder) await assertOwnLayout(context, options.migrations);
  return withInstallation(context, path, async (installation) => {
    const request: DeploymentLedgerRequest = {
      ...(await readWish(context, options)),
      ...(options.database === undefined ? {} : { database: options.database }),
      ...(options.to === undefined ? {} : { version: options.to }),
      ...(options.hasMigrationsFolder
        ? { readFiles: (database) => loadFolder(system, { migrations: options.migrations, database }) }
        : {}),
    };
    const plan = await planDeploymentLedger(system, installation, request);
    return finish(context, options, plan, () =>
      takeOverDeploymentLedger(system, installation, { plan, signal: interrupt }),
    );
  });
}

async function assertOwnLayout({ system }: CommandContext, folder: string): Promise<void> {
  const tool = await findForeignLayout(system, folder);
  if (tool) throw foreignLayout(tool.title, { tool: tool.name, folder });
}

async function readWish({ system }: CommandContext, options: LedgerOptions) {
  const { ledger, table, baseline, leaveOut, prove, on } = options;
  return {
    ...(ledger === undefined ? {} : { tool: ledger }),
    ...(table === undefined ? {} : { table }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(leaveOut === undefined ? {} : { leaveOut }),
    ...(prove === undefined ? {} : { prove }),
    ...(on === undefined
      ? {}
      : { on: await resolveConnectionTarget({ url: on, origin: '--on', environment: system.environment }) }),
  };
}

/** Shows the plan, asks, does it, and says what came of it. */
async function finish(
  context: CommandContext,
  options: LedgerOptions,
  plan: LedgerPlan,
  takeOver: () => Promise<number>,
): Promise<ExitCode> {
  const { print, say } = context;
  const show = options.json ? () => {} : options.dryRun ? print : say;
  show(renderLedgerPlan(plan));
  if (options.dryRun && options.json) print(`${JSON.stringify(encodeLedgerPlan(plan))}\n`);
  assertAdoptable(plan);
  if (options.dryRun) return ExitCode.done;
  // There is nothing to ask about when it only compares.
  const isAgreed =
    options.yes === true ||
    countFresh(plan) === 0 ||
    (await askToStart(context, `Record this in the ledger of Onward?`));
  if (!isAgreed) return ExitCode.findings;
  const recorded = await takeOver();
  print(
    options.json
      ? `${JSON.stringify({ ...encodeLedgerPlan(plan), added: recorded })}\n`
      : describeRecorded(plan, recorded),
  );
  return ExitCode.done;
}
