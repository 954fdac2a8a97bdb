import type { Command } from 'commander';
import { ExitCode } from '../../model/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { renderConfigurationFindings, renderMigrated } from '../render/configuration.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, lookAtInstallation, withInstallation } from './options.ts';

interface Options {
  readonly file: string;
  readonly json?: boolean;
  readonly version?: string;
}

interface Member {
  readonly name: string;
  readonly description: string;
  readonly notes: readonly string[];
  readonly example: readonly [line: string, purpose: string];
  readonly work: (context: CommandContext, options: Options) => Promise<ExitCode>;
}

const MEMBERS: readonly Member[] = [
  {
    name: 'check',
    description: 'Say what a release needs that the configuration files do not have',
    notes: [
      'Missing keys, deprecated ones in use, files that cannot be read or edited, and what',
      'an upgrade changes by itself. Nothing is changed. Exits with 1 when one of the',
      'findings is an error: an upgrade would not start.',
    ],
    example: ['onward config check --version 1.4.0', 'before the upgrade to it'],
    work: check,
  },
  {
    name: 'diff',
    description: 'Show how a release changes the configuration files',
    notes: [
      'A unified diff of what migrate does, and an upgrade by itself. No secret is shown.',
      'Nothing is changed. Exits with 1 when something is left for you to do.',
    ],
    example: ['onward config diff', 'for the release of the channel'],
    work: diff,
  },
  {
    name: 'migrate',
    description: 'Make the changes of a release in the configuration files',
    notes: [
      'An upgrade does the same by itself, and takes it back when it goes back. What a file',
      'was is kept, and where is said. Comments, order and everything else stay. Exits with',
      '1 when something is left for you to do.',
    ],
    example: ['onward config migrate --version 1.4.0', 'ahead of the upgrade'],
    work: migrate,
  },
];

export function define(command: Command, run: RunAction): void {
  addExplanation(command, {
    notes: ['Releases add, rename and remove keys of the files that onward.yaml maps.'],
    examples: [
      ['onward config check', 'what the release of the channel needs'],
      ['onward config diff', 'how the files would change'],
    ],
  });
  for (const { name, description, notes, example, work } of MEMBERS) {
    const member = addExplanation(addJsonOption(addFileOption(command.command(name))), { notes, examples: [example] });
    member
      .description(description)
      .option('--version <version>', 'a release, or a channel such as stable (default: the channel of onward.yaml)')
      .action((options: Options) => run((context) => work(context, options)));
  }
}

function requested({ version }: Options): { readonly version?: string } {
  return version === undefined ? {} : { version };
}

async function check(context: CommandContext, options: Options): Promise<ExitCode> {
  const { observeDeploymentConfiguration } = await import('../../upgrade/index.ts');
  return lookAtInstallation(context, options.file, async (installation) => {
    const observed = await observeDeploymentConfiguration(context.system, installation, requested(options));
    if (options.json) for (const { diff: _, ...file } of observed.files) context.print(`${JSON.stringify(file)}\n`);
    else context.print(renderConfigurationFindings(observed));
    return observed.files.some(({ problems }) => problems.length > 0) ? ExitCode.findings : ExitCode.done;
  });
}

async function diff(context: CommandContext, options: Options): Promise<ExitCode> {
  const { observeDeploymentConfiguration } = await import('../../upgrade/index.ts');
  const { system, print, say } = context;
  return lookAtInstallation(context, options.file, async (installation) => {
    const { files, release } = await observeDeploymentConfiguration(system, installation, requested(options));
    const hasProblems = files.some(({ problems }) => problems.length > 0);
    if (options.json) for (const { name, diff: text } of files) print(`${JSON.stringify({ name, diff: text })}\n`);
    else print(files.map((file) => file.diff).join(''));
    if (hasProblems) say(`Something is left for you to do: run "onward config check --version ${release}".`);
    else if (files.every((file) => file.diff === ''))
      say(`Nothing would change: the files are as ${release} wants them.`);
    return hasProblems ? ExitCode.findings : ExitCode.done;
  });
}

async function migrate(context: CommandContext, options: Options): Promise<ExitCode> {
  const { migrateDeploymentConfiguration } = await import('../../upgrade/index.ts');
  const { system, print } = context;
  return withInstallation(context, options.file, async (installation) => {
    const migrated = await migrateDeploymentConfiguration(system, installation, requested(options));
    const { release, files, written } = migrated;
    const problems = files.flatMap((file) => file.problems);
    if (options.json) print(`${JSON.stringify({ release, written, problems })}\n`);
    else print(renderMigrated(migrated));
    return problems.length > 0 ? ExitCode.findings : ExitCode.done;
  });
}
