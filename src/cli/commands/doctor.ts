import type { Command } from 'commander';
import { diagnose, RULES } from '../../doctor/index.ts';
import { describeFinding, ExitCode } from '../../model/index.ts';
import { observeDoctorFacts } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, withInstallation } from './options.ts';

interface DoctorOptions {
  readonly file: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command))).action((options: DoctorOptions) =>
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

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'Every finding comes with the command that repairs it. Nothing is changed. Exits',
      'with 1 when one of the findings is an error.',
    ],
    examples: [['onward doctor', 'what is, against what should be']],
  });
}
