import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  checkProposal,
  listNextCommands,
  observeProject,
  type Proposal,
  proposeForProject,
  renderNextCommands,
  writeProposal,
} from '../../adopt/index.ts';
import { ExitCode } from '../../model/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { renderEvidence, renderProposal } from '../render/adopt-proposal.ts';
import { addFileOption, addJsonOption } from './options.ts';

interface Options {
  readonly file: string;
  readonly json?: boolean;
  readonly write?: boolean;
  readonly compose?: string;
  readonly composeFile?: readonly string[];
  readonly envFile?: readonly string[];
  readonly project?: string;
}

/** `onward adopt` by itself: look, propose, and write only when told to. */
export function definePropose(command: Command, run: RunAction): void {
  addJsonOption(addFileOption(command))
    .option('--compose <folder>', 'folder of the Compose project (default: the folder of onward.yaml)')
    .option(
      '--compose-file <path...>',
      'its files, as -f of Compose (default: those that its containers were made from)',
    )
    .option('--env-file <path...>', 'its files for interpolation, as --env-file of Compose')
    .option('--project <name>', 'its name (default: what Compose chooses)')
    .option('--write', 'write onward.yaml and product.yaml; files that are there are left alone')
    .action((options: Options) => run((context) => propose(context, options)));
}

async function propose(context: CommandContext, options: Options): Promise<ExitCode> {
  const { system, print, say } = context;
  const path = resolve(options.file);
  const folder = /\.ya?ml$/.test(path) ? dirname(path) : path;
  const project = await observeProject(system, {
    folder: options.compose ?? folder,
    files: options.composeFile ?? [],
    envFiles: options.envFile ?? [],
    ...(options.project === undefined ? {} : { project: options.project }),
  });
  const proposal = proposeForProject(project, folder);
  const problems = await checkProposal(system, { folder, ...proposal });
  if (options.write && problems.length === 0) await writeProposal(system, { folder, ...proposal });
  const next = listNextCommands({ ...proposal, ...nextFacts(proposal, options) });
  if (options.json) print(renderEvidence({ project, proposal, problems, next }));
  else if (!options.write) print(renderProposal(proposal));
  if (options.write && problems.length === 0) say(`Written: onward.yaml and product.yaml in ${folder}.`);
  for (const unknown of proposal.unknowns) say(`could not tell  ${unknown}`);
  for (const problem of problems) say(`problem         ${problem}`);
  say(renderNextCommands(next));
  return problems.length > 0 ? ExitCode.findings : ExitCode.done;
}

function nextFacts(proposal: Proposal, options: Options) {
  return {
    isWritten: options.write === true,
    unknowns: proposal.unknowns.length,
    hasDatabase: proposal.adopted.databases.length > 0,
    command: ['onward adopt', ...listWords(options)].join(' '),
  };
}

/** The options of before, so that the next command can be typed as it is shown. */
function listWords(options: Options): readonly string[] {
  const word = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name} ${value}`]);
  return [
    ...(options.file === '.' ? [] : [`--file ${options.file}`]),
    ...word('compose', options.compose),
    ...word('compose-file', options.composeFile?.join(' ')),
    ...word('env-file', options.envFile?.join(' ')),
    ...word('project', options.project),
  ];
}
