import { type Command, InvalidArgumentError } from 'commander';
import { ExitCode, formatCount } from '../../model/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { unusableArguments } from '../errors.ts';
import { renderDataMigration, renderDataMigrations, renderDryRun } from '../render/data-migrations.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, lookAtInstallation, withInstallation } from './options.ts';

interface Options {
  readonly file: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly all?: boolean;
  readonly scope?: { readonly kind: string; readonly value: string };
}

/** One thing that can be done; `work` says how it ended. */
interface Member {
  readonly name: string;
  readonly description: string;
  readonly argument?: string;
  readonly notes: readonly string[];
  readonly example: readonly [line: string, purpose: string];
  readonly work: (context: CommandContext, options: Options, id: string) => Promise<ExitCode>;
}

const MEMBERS: readonly Member[] = [
  {
    name: 'list',
    description: 'List the data migrations of the releases up to the one that runs',
    notes: ['Nothing is changed.'],
    example: ['onward data-migrate list', 'each with its status, one line'],
    work: list,
  },
  {
    name: 'run',
    description: 'Run a data migration to its end, from where it stopped',
    argument: '[id]',
    notes: [
      'Takes the lease of the deployment. Ctrl-C stops after the batch that is under way.',
      'Completed only when the verification of the release counts no row.',
      'With --all, as many run at once as "pacing" of onward.yaml allows, never two on',
      'one table. When one fails, the others stop behind a whole batch.',
    ],
    example: ['onward data-migrate run split-names', 'go on at the cursor'],
    work: runWanted,
  },
  {
    name: 'status',
    description: 'Show how far data migrations are, and what they wait for',
    argument: '[id]',
    notes: ['Nothing is changed. Exits with 1 when one of them is not completed.'],
    example: ['onward data-migrate status split-names', 'counters, cause of a wait, last error'],
    work: show,
  },
  {
    name: 'verify',
    description: 'Count the rows that are still in the old shape',
    argument: '<id>',
    notes: ['Nothing is changed. Exits with 1 when there are any.'],
    example: ['onward data-migrate verify split-names', "run the release's verification"],
    work: verify,
  },
  wishing('pause', 'Stop a data migration before its next batch', 'until it is resumed'),
  wishing('resume', 'Take back a pause or a cancel; starts nothing', 'then run it, or the upgrade'),
  wishing('cancel', 'Give a data migration up before its next batch', 'its batches so far are kept'),
];

function wishing(name: 'pause' | 'resume' | 'cancel', description: string, purpose: string): Member {
  return {
    name,
    description,
    argument: '<id>',
    notes: ['Works beside a run, which need not be on this machine.'],
    example: [`onward data-migrate ${name} split-names`, purpose],
    work: (context, options, id) => request(context, options, { id, wish: name }),
  };
}

export function define(command: Command, run: RunAction): void {
  addExplanation(command, {
    notes: ['Moves rows from their old shape to the new one, in batches, while services go on.'],
    examples: [
      ['onward data-migrate list', 'what the releases declare, and how far each is'],
      ['onward data-migrate run split-names', 'to its end, from where it stopped'],
    ],
  });
  for (const { name, description, argument, notes, example, work } of MEMBERS) {
    const member = addExplanation(addJsonOption(addFileOption(command.command(name))), { notes, examples: [example] });
    member.description(description);
    if (name === 'run') {
      member.option(
        '--scope <kind=value>',
        'only this part, such as tenant=42; a run without it goes on with the others',
        parseScope,
      );
      member.option('--all', 'every one that is not complete, but for those that are paused or cancelled');
      member.option('--dry-run', 'check the declaration, try the first rows out, and change nothing');
    }
    if (argument === undefined) member.action((options: Options) => run((context) => work(context, options, '')));
    else
      member
        .argument(argument, 'as the release names it')
        .action((id: string | undefined, options: Options) => run((context) => work(context, options, id ?? '')));
  }
}

function parseScope(text: string): { readonly kind: string; readonly value: string } {
  const [, kind, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (kind === undefined || value === undefined)
    throw new InvalidArgumentError('must be a kind and a value, such as tenant=42');
  return { kind, value };
}

async function list(context: CommandContext, options: Options): Promise<ExitCode> {
  const { observeDataMigrations } = await import('../../upgrade/index.ts');
  return lookAtInstallation(context, options.file, async (installation) => {
    const found = await observeDataMigrations(context.system, installation);
    context.print(options.json ? `${JSON.stringify(found)}\n` : renderDataMigrations(found));
    return ExitCode.done;
  });
}

async function show(context: CommandContext, options: Options, id: string): Promise<ExitCode> {
  const { observeDataMigrations } = await import('../../upgrade/index.ts');
  return lookAtInstallation(context, options.file, async (installation) => {
    const found = await observeDataMigrations(context.system, installation, id === '' ? {} : { id });
    context.print(options.json ? `${JSON.stringify(found)}\n` : found.map(renderDataMigration).join(''));
    return found.every(({ status }) => status.status === 'completed') ? ExitCode.done : ExitCode.findings;
  });
}

async function runWanted(context: CommandContext, options: Options, id: string): Promise<ExitCode> {
  assertOneWanted(options, id);
  const { observeDataMigrations, runDeploymentData } = await import('../../upgrade/index.ts');
  const { system, print, interrupt } = context;
  const wanted = options.all ? {} : { id };
  return withInstallation(context, options.file, async (installation) => {
    if (options.dryRun) return tryOut(context, installation, { options, id });
    try {
      await runDeploymentData(system, installation, {
        ...wanted,
        signal: interrupt,
        ...(options.scope ? { scope: options.scope } : {}),
      });
    } catch (error) {
      if (error !== interrupt.reason) throw error;
      const again = options.all ? '--all' : id;
      context.say(`Stopped behind a whole batch; "onward data-migrate run ${again}" goes on from there.`);
      return ExitCode.paused;
    }
    const found = await observeDataMigrations(system, installation, wanted);
    print(options.json ? `${JSON.stringify(found)}\n` : found.map(renderDataMigration).join(''));
    return ExitCode.done;
  });
}

function assertOneWanted({ all, scope }: Options, id: string): void {
  const command = 'onward data-migrate run';
  if (all && id !== '') throw unusableArguments({ says: `--all takes no id, and "${id}" is one`, command });
  if (all && scope) throw unusableArguments({ says: '--scope goes with an id, not with --all', command });
  if (!all && id === '') throw unusableArguments({ says: '<id> or --all is missing', command });
}

async function tryOut(
  { system, print }: CommandContext,
  installation: Installation,
  { options, id }: { readonly options: Options; readonly id: string },
): Promise<ExitCode> {
  const { observeDataMigrations, sampleDeploymentData } = await import('../../upgrade/index.ts');
  const known = options.all ? await observeDataMigrations(system, installation) : [];
  const open = known.filter(({ status }) => status.status !== 'completed').map(({ declared }) => declared.id);
  for (const one of options.all ? new Set(open) : [id]) {
    const sample = await sampleDeploymentData(system, installation, one);
    print(options.json ? `${JSON.stringify({ id: one, ...sample })}\n` : renderDryRun(one, sample));
  }
  return ExitCode.done;
}

async function verify(context: CommandContext, options: Options, id: string): Promise<ExitCode> {
  const { verifyDeploymentData } = await import('../../upgrade/index.ts');
  return withInstallation(context, options.file, async (installation) => {
    const remaining = await verifyDeploymentData(context.system, installation, id);
    context.print(
      options.json
        ? `${JSON.stringify({ id, remaining })}\n`
        : `${id}: ${formatCount(remaining, 'row')} in the old shape.\n`,
    );
    return remaining === 0 ? ExitCode.done : ExitCode.findings;
  });
}

async function request(
  context: CommandContext,
  options: Options,
  asked: { readonly id: string; readonly wish: 'pause' | 'resume' | 'cancel' },
): Promise<ExitCode> {
  const { requestDataMigration } = await import('../../upgrade/index.ts');
  return withInstallation(context, options.file, async (installation) => {
    const status = await requestDataMigration(context.system, installation, asked);
    const { id, wish } = asked;
    const isPending = status === 'running' && wish !== 'resume';
    const text = isPending ? `${id} is running, and stops before its next batch.` : `${id} is ${status}.`;
    context.print(options.json ? `${JSON.stringify({ id, status })}\n` : `${text}\n`);
    return ExitCode.done;
  });
}
