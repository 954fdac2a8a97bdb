import type { Command } from 'commander';
import { ExitCode, formatDuration } from '../../model/index.ts';
import { runVerification } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface VerifyOptions {
  readonly file: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  addJsonOption(addFileOption(command))
    .addHelpText(
      'after',
      '\nTotals that must stay unchanged are shown; an upgrade compares them with what they were before it. Exits with 1 when a check fails.',
    )
    .action((options: VerifyOptions) =>
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
