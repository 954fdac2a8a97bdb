import type { Command } from 'commander';
import { runUpgrade } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { confirmPlan } from '../confirm.ts';
import { crashProbe } from '../crash-probe.ts';
import { renderReport } from '../render/report.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface ProvisionOptions {
  readonly file: string;
  readonly version?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command)))
    .option('--version <version>', 'a release, or a channel such as stable (default: the channel of onward.yaml)')
    .option('-y, --yes', 'start without asking')
    .action((options: ProvisionOptions) =>
      run((context) =>
        withInstallation(context, options.file, async (installation) => {
          const journalProbe = crashProbe(context.system.environment);
          const report = await runUpgrade(context.system, installation, {
            kind: 'provision',
            rollback: 'run',
            ...(options.version === undefined ? {} : { version: options.version }),
            confirm: confirmPlan(context, options),
            pause: context.interrupt,
            ...(journalProbe ? { journalProbe } : {}),
          });
          context.say(renderReport(report));
          return report.exit;
        }),
      ),
    );
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: ['The databases must be empty. Running it again after an interruption goes on where', 'it was cut off.'],
    examples: [
      ['onward provision', 'install the release of the channel'],
      ['onward provision --version 1.3.0 --yes', 'install this release, ask nothing'],
    ],
  });
}
