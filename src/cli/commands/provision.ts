import type { Command } from 'commander';
import { runUpgrade } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { confirmPlan } from '../confirm.ts';
import { crashProbe } from '../crash-probe.ts';
import { renderReport } from '../render/report.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface ProvisionOptions {
  readonly file: string;
  readonly version?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  addJsonOption(addFileOption(command))
    .option('--version <version>', 'a channel such as stable, or a version')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nThe databases must be empty. Running it again after an interruption goes on where it was cut off.',
    )
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
