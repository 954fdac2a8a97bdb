import { type Command, Option } from 'commander';
import { ExitCode, isPassable, OnwardError, type Plan, type RollbackPolicy, type StepKind } from '../../model/index.ts';
import { renderPlan } from '../../plan/index.ts';
import { lookOnly } from '../../system/index.ts';
import { preparePlan, runUpgrade, SAFE_STEPS } from '../../upgrade/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { confirmPlan } from '../confirm.ts';
import { crashProbe } from '../crash-probe.ts';
import { renderReport } from '../render/report.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, addRollbackOption, withInstallation } from './options.ts';

interface UpgradeOptions {
  readonly file: string;
  readonly version?: string;
  readonly plan?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly until?: StepKind;
  readonly rollback: RollbackPolicy;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addRollbackOption(addJsonOption(addFileOption(command))))
    .argument('[service]', 'roll only this service, then park the run until "onward upgrade" goes on')
    .option('--version <version>', 'a release, or a channel such as stable (default: the channel of onward.yaml)')
    .option('--plan <file>', 'apply a plan that "onward plan --out" has saved, if nothing has changed since')
    .option('--dry-run', 'show the plan and change nothing')
    .option('-y, --yes', 'start without asking')
    .addOption(
      new Option('--until <step>', 'park the run after this step until "onward upgrade" goes on').choices(SAFE_STEPS),
    )
    .action((service: string | undefined, options: UpgradeOptions) =>
      run((context) => upgrade(context, service, options)),
    );
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'Running it again after any interruption is always right: it says what it finds',
      'and goes on. The first Ctrl-C parks the run at the next safe place.',
    ],
    examples: [
      ['onward upgrade', 'go to the release of the channel'],
      ['onward upgrade --version 1.4.0 --yes', 'go to this release, ask nothing'],
      ['onward upgrade --until expand', 'change the schema, roll nothing yet'],
      ['onward upgrade --plan plan.json', 'do what was reviewed, and nothing else'],
    ],
  });
}

async function upgrade(
  context: CommandContext,
  service: string | undefined,
  options: UpgradeOptions,
): Promise<ExitCode> {
  return withInstallation(context, options.file, async (installation) => {
    const request = {
      kind: 'upgrade' as const,
      rollback: options.rollback,
      ...(options.version === undefined ? {} : { version: options.version }),
      ...(service === undefined ? {} : { only: service }),
    };
    if (options.dryRun) {
      const { plan } = await lookOnly(() => preparePlan(context.system, installation, request));
      context.print(options.json ? `${JSON.stringify(plan)}\n` : renderPlan(plan));
      return plan.gates.every(isPassable) ? ExitCode.done : ExitCode.findings;
    }
    const journalProbe = crashProbe(context.system.environment);
    const report = await runUpgrade(context.system, installation, {
      ...request,
      ...(options.until === undefined ? {} : { until: options.until }),
      ...(options.plan === undefined ? {} : { savedPlan: await loadPlan(context, options.plan) }),
      confirm: confirmPlan(context, options),
      pause: context.interrupt,
      ...(journalProbe ? { journalProbe } : {}),
    });
    context.say(renderReport(report, options.version));
    if (options.json)
      context.print(
        `${JSON.stringify({ type: 'report', outcome: report.outcome, exit: report.exit, release: report.release })}\n`,
      );
    return report.exit;
  });
}

async function loadPlan(
  context: CommandContext,
  file: string,
): Promise<{ readonly file: string; readonly plan: Plan }> {
  const text = (await context.system.files.isFolder(file)) ? '' : await context.system.files.readTextIfPresent(file);
  try {
    const plan = JSON.parse(text ?? '') as Plan;
    if (plan.schema === 'onward/plan/v1' && typeof plan.digest === 'string') return { file, plan };
  } catch {
    // Said below.
  }
  throw new OnwardError({
    code: 'upgrade.unreadable-plan',
    message: `Could not read the plan ${file}: ${text === undefined ? 'there is no such file' : 'it is not a saved plan'}. Nothing has changed.`,
    hint: `Run "onward plan --out ${file}" to save one.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
