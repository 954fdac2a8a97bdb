import type { Command } from 'commander';
import { diagnose, RULES } from '../../doctor/index.ts';
import { describeFinding, ExitCode } from '../../model/index.ts';
import { type Installation, observeDoctorFacts, observeDrift } from '../../upgrade/index.ts';
import type { CommandContext, RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, lookAtInstallation } from './options.ts';

interface DoctorOptions {
  readonly file: string;
  readonly json?: boolean;
  readonly drift?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addJsonOption(addFileOption(command)))
    .option('--drift', 'compare the schema of each database with what its migrations make')
    .action((options: DoctorOptions) =>
      run((context) =>
        lookAtInstallation(context, options.file, (installation) =>
          options.drift ? showDrift(context, installation, options) : examine(context, installation, options),
        ),
      ),
    );
}

async function examine(
  context: CommandContext,
  installation: Installation,
  { json }: DoctorOptions,
): Promise<ExitCode> {
  const findings = diagnose(await observeDoctorFacts(context.system, installation));
  if (json) for (const finding of findings) context.print(`${JSON.stringify(finding)}\n`);
  else if (findings.length === 0)
    context.print(`Nothing to repair:\n${RULES.map((rule) => `  ${rule.title}\n`).join('')}`);
  else {
    for (const finding of findings) {
      context.print(`${finding.severity.padEnd(7)}  ${describeFinding(finding)}\n`);
      if (finding.hint !== undefined) context.print(`         ${finding.hint}\n`);
    }
  }
  return findings.some((finding) => finding.severity === 'error') ? ExitCode.findings : ExitCode.done;
}

/** The difference goes to stderr, so that what is on stdout is SQL that can be looked through and run. */
async function showDrift(
  { system, print, say }: CommandContext,
  installation: Installation,
  { json }: DoctorOptions,
): Promise<ExitCode> {
  const drifts = await observeDrift(system, installation);
  for (const drift of drifts) {
    const { database, changes, difference, repair } = drift;
    if (json) print(`${JSON.stringify(drift)}\n`);
    else if (changes === 0) say(`${database} is as its migrations make it.`);
    else {
      say(
        `${database} differs from what its migrations make, ${changes === 1 ? 'in one place' : `in ${changes} places`}:\n\n${difference}`,
      );
      print(`-- Takes database ${database} to what its migrations make. Read it before you run it.\n${repair}`);
    }
  }
  return drifts.some(({ changes }) => changes > 0) ? ExitCode.findings : ExitCode.done;
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: [
      'Every finding comes with the command that repairs it. Nothing is changed. Exits',
      'with 1 when one of the findings is an error.',
      '',
      '--drift applies the migrations in the ledger to a scratch server and compares: the',
      'difference goes to stderr, SQL that repairs it to stdout. What would destroy',
      'something is commented out.',
    ],
    examples: [
      ['onward doctor', 'what is, against what should be'],
      ['onward doctor --drift > repair.sql', 'the SQL that repairs a schema somebody has changed by hand'],
    ],
  });
}
