import type { Command } from 'commander';
import { ExitCode, OnwardError } from '../../model/index.ts';
import { takeDown } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, withInstallation } from './options.ts';

interface DownOptions {
  readonly file: string;
  readonly yes?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addFileOption(command))
    .option('-y, --yes', 'stop without asking')
    .action((options: DownOptions) =>
      run((context) =>
        withInstallation(context, options.file, async (installation) => {
          const agreed =
            options.yes === true || (await context.ask(`Stop every service of ${installation.deployment.name}?`));
          if (agreed === undefined) throw notConfirmed();
          if (!agreed) return ExitCode.done;
          const stopped = await takeDown(context.system, installation);
          context.say(stopped.length === 0 ? 'Nothing was running.' : `Stopped ${stopped.join(', ')}.`);
          return ExitCode.done;
        }),
      ),
    );
}

function notConfirmed(): OnwardError {
  return new OnwardError({
    code: 'down.not-confirmed',
    message: 'Could not ask whether to stop the services: there is no terminal. Nothing has changed.',
    hint: 'Run the same command with --yes.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'Databases, releases and the state directory stay. To bring the services up again,',
      'name the release that is installed: "onward upgrade --version 1.4.0".',
    ],
    examples: [
      ['onward down', 'stop everything, after a question'],
      ['onward down --yes', 'stop everything'],
    ],
  });
}
