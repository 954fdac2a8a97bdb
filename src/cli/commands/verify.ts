import type { Command } from 'commander';
import { ExitCode, formatDuration } from '../../model/index.ts';
import { runVerification } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface VerifyOptions {
  readonly file: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command))).action((options: VerifyOptions) =>
    run((context) =>
      withInstallation(context, options.file, async (installation) => {
        const observed = await runVerification(context.system, installation);
        if (!options.json) {
          if (observed.length === 0) context.print('onward.yaml declares no checks.\n');
          for (const { name, ok, evidence, durationMs } of observed) {
            context.print(`${ok ? 'ok    ' : 'failed'}  ${name}: ${evidence}  (${formatDuration(durationMs)})\n`);
          }
        }
        return observed.every((check) => check.ok) ? ExitCode.done : ExitCode.findings;
      }),
    ),
  );
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'Exits with 1 when a check fails. Values that must stay unchanged are only shown;',
      'an upgrade compares them with what they were before it.',
    ],
    examples: [['onward verify', 'run the checks once, and change nothing']],
  });
}
