import type { Command } from 'commander';
import type { RunAction } from '../command-context.ts';

/** One command: its summary is known without loading it; `define` adds options, arguments, help and the action. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly define: (command: Command, run: RunAction) => void }>;
}

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'upgrade', summary: 'Go to a newer release without a failed request', load: () => import('./upgrade.ts') },
  {
    name: 'plan',
    summary: 'Show what an upgrade would do, and what stands in its way',
    load: () => import('./plan.ts'),
  },
  {
    name: 'accept',
    summary: 'Go on in spite of a known risk, with a reason on record',
    load: () => import('./accept.ts'),
  },
  {
    name: 'rollback',
    summary: 'Take the run that has not ended back to where it began',
    load: () => import('./rollback.ts'),
  },
  { name: 'status', summary: 'Show what serves now and what a run is doing', load: () => import('./status.ts') },
  { name: 'history', summary: 'List the runs and how they ended', load: () => import('./history.ts') },
  { name: 'verify', summary: 'Run the smoke checks and read the totals', load: () => import('./verify.ts') },
  {
    name: 'doctor',
    summary: 'Compare ledger, instances and switch with the release',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'adopt',
    summary: 'Take over what runs already, and what its migration tool has applied',
    load: () => import('./adopt.ts'),
  },
  { name: 'provision', summary: 'Install the first release', load: () => import('./provision.ts') },
  { name: 'down', summary: 'Stop every service and the switch', load: () => import('./down.ts') },
  {
    name: 'migrate',
    summary: 'Apply schema migrations, with or without the rest of Onward',
    load: () => import('./migrate.ts'),
  },
  {
    name: 'data-migrate',
    summary: 'Move rows to their new shape in batches, or see how far that is',
    load: () => import('./data-migrate.ts'),
  },
  {
    name: 'contract',
    summary: 'Remove the old shape of the schema, once nothing needs it',
    load: () => import('./contract.ts'),
  },
  {
    name: 'config',
    summary: 'Compare configuration files with what a release needs of them',
    load: () => import('./config.ts'),
  },
  {
    name: 'lint',
    summary: 'Find what is dangerous in migrations, before they ship',
    load: () => import('./lint.ts'),
  },
  {
    name: 'record',
    summary: 'Write down the statements that the running version sends to its database',
    load: () => import('./record.ts'),
  },
  {
    name: 'prove',
    summary: 'Prove that recorded statements work on another schema as on this one',
    load: () => import('./prove.ts'),
  },
  { name: 'release', summary: 'Build releases and look at them', load: () => import('./release.ts') },
  { name: 'channel', summary: 'Show channels, or point one to a release', load: () => import('./channel.ts') },
  {
    name: 'completion',
    summary: 'Print a completion script for bash, zsh or fish',
    load: () => import('./completion.ts'),
  },
];
