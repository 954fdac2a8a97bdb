import { type Command, Option } from 'commander';
import { ExitCode } from '../../model/index.ts';
import { type Installation, prepareHostProvision, runUpgrade } from '../../upgrade/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { askToStart, confirmPlan } from '../confirm.ts';
import { crashProbe } from '../crash-probe.ts';
import { renderHostProvision } from '../render/host-provision.ts';
import { renderReport } from '../render/report.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface ProvisionOptions {
  readonly file: string;
  readonly version?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly host?: string;
  readonly notify?: boolean;
  readonly dryRun?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command)))
    .option('--version <version>', 'a release, or a channel such as stable (default: the channel of onward.yaml)')
    .option('-y, --yes', 'start without asking')
    .addOption(
      new Option('--host <name>', 'instead: prepare a host of onward.yaml, and write the units it lacks').conflicts(
        'version',
      ),
    )
    .option('--notify', 'with --host: what runs tells systemd when it is ready')
    .option('--dry-run', 'with --host: look and show, write nothing')
    .action((options: ProvisionOptions) =>
      run((context) =>
        withInstallation(context, options.file, async (installation) => {
          if (options.host !== undefined) return provision(context, installation, { ...options, host: options.host });
          const journalProbe = crashProbe(context.system.environment);
          const report = await runUpgrade(context.system, installation, {
            kind: 'provision',
            rollback: 'run',
            ...(options.version === undefined ? {} : { version: options.version }),
            confirm: confirmPlan(context, options),
            pause: context.interrupt,
            ...(journalProbe ? { journalProbe } : {}),
          });
          context.say(renderReport(report, options.version));
          return report.exit;
        }),
      ),
    );
}

async function provision(
  context: CommandContext,
  installation: Installation,
  options: ProvisionOptions & { readonly host: string },
): Promise<ExitCode> {
  const { host, notify = false } = options;
  const prepared = await prepareHostProvision(context.system, installation, { host, isNotifying: notify });
  context.print(options.json ? `${JSON.stringify(prepared.provision)}\n` : renderHostProvision(prepared.provision));
  if (options.dryRun) return ExitCode.done;
  if (options.yes !== true && !(await askToStart(context, `Prepare ${host}?`))) return ExitCode.done;
  await prepared.apply();
  context.say(`${host} is ready.`);
  return ExitCode.done;
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: ['The databases must be empty. Running it again after an interruption goes on where', 'it was cut off.'],
    examples: [
      ['onward provision', 'install the release of the channel'],
      ['onward provision --version 1.3.0 --yes', 'install this release, ask nothing'],
      ['onward provision --host a.internal', 'look at a host, and write the units it lacks'],
    ],
  });
}
