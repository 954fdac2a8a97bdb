import type { Command } from 'commander';
import { ExitCode } from '../../model/index.ts';
import { observeStatus } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { followRun } from '../follow-run.ts';
import { isAllSeen, renderStatus } from '../render/status.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, lookAtInstallation } from './options.ts';

interface StatusOptions {
  readonly file: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command)))
    .option('--watch', 'follow the run that is going on until it ends or is parked')
    .action((options: StatusOptions) =>
      run((context) =>
        lookAtInstallation(context, options.file, async (installation) => {
          const status = await observeStatus(context.system, installation);
          context.print(options.json ? `${JSON.stringify(status)}\n` : renderStatus(status));
          if (options.watch && status.run?.isAlive) {
            await followRun(context, installation, status.run.run);
            const after = await observeStatus(context.system, installation);
            context.print(options.json ? `${JSON.stringify(after)}\n` : `\n${renderStatus(after)}`);
            return after.run ? ExitCode.paused : ExitCode.done;
          }
          if (status.problems.length > 0) return ExitCode.findings;
          if (status.run && !status.run.isAlive) return ExitCode.paused;
          return isAllSeen(status) ? ExitCode.done : ExitCode.findings;
        }),
      ),
    );
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: ['Exits with 5 when a run is parked or was cut off, 1 when something could not be seen, 0 otherwise.'],
    examples: [
      ['onward status', 'one look'],
      ['onward status --watch', 'follow the run from another terminal'],
      ['onward status --json', 'the same, for a program'],
    ],
  });
}
