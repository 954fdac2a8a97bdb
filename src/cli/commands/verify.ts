import type { Command } from 'commander';
import { ExitCode, formatDuration } from '../../model/index.ts';
import { runVerification } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, lookAtInstallation } from './options.ts';

interface VerifyOptions {
  readonly file: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command))).action((options: VerifyOptions) =>
    run((context) =>
      lookAtInstallation(context, options.file, async (installation) => {
        const observed = await runVerification(context.system, installation);
        if (!options.json) {
          if (observed.length === 0)
            context.print('onward.yaml declares no checks, and the release that is installed no totals.\n');
          for (const { kind, name, ok, evidence, durationMs } of observed) {
            const title = kind === 'total' ? `total ${name}` : name;
            context.print(`${ok ? 'ok    ' : 'failed'}  ${title}: ${evidence}  (${formatDuration(durationMs)})\n`);
          }
        }
        return observed.every(({ ok }) => ok) ? ExitCode.done : ExitCode.findings;
      }),
    ),
  );
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'Exits with 1 when a check or a total fails. Values that must stay unchanged are',
      'only shown; an upgrade compares them with what they were before it. While a run',
      'has not ended, its totals are compared with what they were before that run.',
    ],
    examples: [['onward verify', 'run the checks and read the totals once, and change nothing']],
  });
}
