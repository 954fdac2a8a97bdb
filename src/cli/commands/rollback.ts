import type { Command } from 'commander';
import { runRollback } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { confirmPlan } from '../confirm.ts';
import { crashProbe } from '../crash-probe.ts';
import { renderReport } from '../render/report.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface RollbackOptions {
  readonly file: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command))).action((options: RollbackOptions) =>
    run((context) =>
      withInstallation(context, options.file, async (installation) => {
        const journalProbe = crashProbe(context.system.environment);
        const report = await runRollback(context.system, installation, {
          kind: 'upgrade',
          rollback: 'run',
          confirm: confirmPlan(context, { ...options, way: 'back' }),
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
    notes: [
      'Services get their old artifacts back, in reverse order, and configuration files',
      'what they said before. The schema is never touched. A completed release cannot be',
      'rolled back.',
    ],
    examples: [['onward rollback', 'take the unfinished run back, now']],
  });
}
