import type { Command } from 'commander';
import { diagnose, RULES } from '../../doctor/index.ts';
import { describeFinding, ExitCode } from '../../model/index.ts';
import { observeDoctorFacts } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface DoctorOptions {
  readonly file: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  addJsonOption(addFileOption(command))
    .addHelpText(
      'after',
      '\nEvery finding comes with the command that repairs it. Nothing is changed. Exits with 1 when there is an error.',
    )
    .action((options: DoctorOptions) =>
      run((context) =>
        withInstallation(context, options.file, async (installation) => {
          const findings = diagnose(await observeDoctorFacts(context.system, installation));
          if (options.json) for (const finding of findings) context.print(`${JSON.stringify(finding)}\n`);
          else if (findings.length === 0)
            context.print(`Nothing to repair: ${RULES.map((rule) => rule.title.toLowerCase()).join(', ')}.\n`);
          else {
            for (const finding of findings) {
              context.print(`${finding.severity.padEnd(7)}  ${describeFinding(finding)}\n`);
              if (finding.hint !== undefined) context.print(`         ${finding.hint}\n`);
            }
          }
          return findings.some((finding) => finding.severity === 'error') ? ExitCode.findings : ExitCode.done;
        }),
      ),
    );
}
