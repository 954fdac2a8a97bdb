import type { Command } from 'commander';
import { type ContractPlan, ExitCode, isPassable } from '../../model/index.ts';
import { renderContractPlan, renderStartingContract } from '../../plan/index.ts';
import { lookOnly } from '../../system/index.ts';
import {
  type FoundRun,
  type Installation,
  prepareContract,
  runContract,
  undoQuarantines,
} from '../../upgrade/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { askToStart } from '../confirm.ts';
import { crashProbe } from '../crash-probe.ts';
import { renderContractReport } from '../render/contract-report.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface ContractOptions {
  readonly file: string;
  readonly version?: string;
  readonly dryRun?: boolean;
  readonly undo?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command)))
    .option('--version <version>', 'up to this release (default: the release that runs)')
    .option('--dry-run', 'show what would go and how every gate stands, and change nothing')
    .option('--undo', 'give back the privileges that a quarantine has taken, and remove nothing')
    .option('-y, --yes', 'start without asking')
    .action((options: ContractOptions) => run((context) => contract(context, options)));
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'Nothing is removed while anything may need it: every gate shows its evidence,',
      'and what cannot be told counts as needed. It goes forward only, after a backup.',
      'Running it again after any interruption is always right.',
    ],
    examples: [
      ['onward contract --dry-run', 'what would go, and what stands in the way'],
      ['onward contract --yes', 'remove what nothing needs any more'],
      ['onward contract --undo', 'give back what a quarantine has taken'],
    ],
  });
}

async function contract(context: CommandContext, options: ContractOptions): Promise<ExitCode> {
  return withInstallation(context, options.file, async (installation) => {
    const request = options.version === undefined ? {} : { version: options.version };
    if (options.undo) return undo(context, installation, options);
    if (options.dryRun) {
      const { plan } = await lookOnly(() => prepareContract(context.system, installation, request));
      context.print(options.json ? `${JSON.stringify(plan)}\n` : renderContractPlan(plan));
      return plan.gates.every(isPassable) ? ExitCode.done : ExitCode.findings;
    }
    const journalProbe = crashProbe(context.system.environment);
    const report = await runContract(context.system, installation, {
      ...request,
      confirm: confirmContract(context, options),
      pause: context.interrupt,
      ...(journalProbe ? { journalProbe } : {}),
    });
    context.say(renderContractReport(report));
    if (options.json) {
      const { outcome, exit, release, upTo } = report;
      context.print(`${JSON.stringify({ type: 'report', outcome, exit, release, upTo })}\n`);
    }
    return report.exit;
  });
}

/** Whoever watches finds out, and removes nothing. */
async function undo(
  { system, say, print }: CommandContext,
  installation: Installation,
  { json }: ContractOptions,
): Promise<ExitCode> {
  const undone = await undoQuarantines(system, installation);
  if (undone.length === 0) say('Nothing to give back: no privilege is in quarantine.');
  for (const { database, doomed, changed } of undone) {
    say(`Gave back in ${database} what was taken on ${doomed.join(', ')}.`);
    if (changed.length > 0)
      say(`Somebody else changed privileges meanwhile, and that stays, on ${changed.join(', ')}.`);
  }
  if (json) print(`${JSON.stringify({ type: 'undone', quarantines: undone })}\n`);
  return ExitCode.done;
}

/** Shows what goes and asks once. Without a terminal, `--yes` must have been said. */
function confirmContract(
  context: CommandContext,
  options: ContractOptions,
): (plan: ContractPlan, resumes: FoundRun | undefined) => Promise<boolean> {
  return async (plan, resumes) => {
    if (resumes) {
      const { run, state } = resumes;
      const where =
        state.parkedAfter === undefined ? `was cut off at ${state.step}` : `is parked at ${state.parkedAfter}`;
      context.say(`Found contract run ${run} up to ${state.start.to}: it ${where}. It goes on.`);
      // It was agreed to when it began.
      return true;
    }
    if (!options.json) context.say(renderStartingContract(plan));
    return options.yes === true || askToStart(context, 'Remove this for good?');
  };
}
