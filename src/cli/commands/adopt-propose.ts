import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  checkProposal,
  listNextCommands,
  type ObservedHosts,
  type ObservedProject,
  observeHosts,
  observeProject,
  type Proposal,
  proposeForHosts,
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
  readonly host?: readonly string[];
  readonly unit?: readonly string[];
  readonly sshConfig?: string;
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
    .option('--host <host...>', 'hosts as ssh knows them, in place of a Compose project')
    .option('--unit <unit...>', 'their systemd units (default: those in /etc/systemd/system)')
    .option('--ssh-config <path>', "configuration file of ssh (default: the user's own)")
    .option('--write', 'write onward.yaml and product.yaml; files that are there are left alone')
    .action((options: Options) => run((context) => propose(context, options)));
}

async function propose(context: CommandContext, options: Options): Promise<ExitCode> {
  const { system, print, say } = context;
  const path = resolve(options.file);
  const folder = /\.ya?ml$/.test(path) ? dirname(path) : path;
  const { observed, proposal } = await look(context, options, folder);
  const files = { folder, ...proposal, lacksArtifacts: options.host !== undefined };
  const problems = await checkProposal(system, files);
  if (options.write && problems.length === 0) await writeProposal(system, files);
  const next = listNextCommands({ ...proposal, ...nextFacts(proposal, options) });
  if (options.json) print(renderEvidence({ observed, proposal, problems, next }));
  else if (!options.write) print(renderProposal(proposal));
  if (options.write && problems.length === 0) say(`Written: onward.yaml and product.yaml in ${folder}.`);
  for (const unknown of proposal.unknowns) say(`could not tell  ${unknown}`);
  for (const problem of problems) say(`problem         ${problem}`);
  say(renderNextCommands(next));
  return problems.length > 0 ? ExitCode.findings : ExitCode.done;
}

interface Looked {
  readonly observed: ObservedProject | ObservedHosts;
  readonly proposal: Proposal;
}

async function look({ system }: CommandContext, options: Options, folder: string): Promise<Looked> {
  if (options.host) {
    const request = { hosts: options.host, units: options.unit ?? [] };
    const sshConfig = options.sshConfig === undefined ? undefined : resolve(options.sshConfig);
    const observed = await observeHosts(system, { ...request, ...(sshConfig === undefined ? {} : { sshConfig }) });
    return { observed, proposal: proposeForHosts(observed, folder, sshConfig) };
  }
  const observed = await observeProject(system, {
    folder: options.compose ?? folder,
    files: options.composeFile ?? [],
    envFiles: options.envFile ?? [],
    ...(options.project === undefined ? {} : { project: options.project }),
  });
  return { observed, proposal: proposeForProject(observed, folder) };
}

function nextFacts(proposal: Proposal, options: Options) {
  return {
    isWritten: options.write === true,
    unknowns: proposal.unknowns.length,
    hasDatabase: proposal.adopted.databases.length > 0,
    isOfHosts: options.host !== undefined,
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
    ...word('host', options.host?.join(' ')),
    ...word('unit', options.unit?.join(' ')),
    ...word('ssh-config', options.sshConfig),
  ];
}
