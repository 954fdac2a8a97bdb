import type { Command } from 'commander';
import { ExitCode, isPassable, type RollbackPolicy } from '../../model/index.ts';
import { renderPlan } from '../../plan/index.ts';
import { preparePlan } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addExplanation } from './explanation.ts';
import { addFileOption, addJsonOption, addRollbackOption, lookAtInstallation } from './options.ts';

interface PlanOptions {
  readonly file: string;
  readonly version?: string;
  readonly rollback: RollbackPolicy;
  readonly out?: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  explain(addRollbackOption(addJsonOption(addFileOption(command))))
    .argument('[service]', 'plan for this service only')
    .option('--version <version>', 'a release, or a channel such as stable (default: the channel of onward.yaml)')
    .option('--out <file>', 'save the plan as JSON, for review and for "onward upgrade --plan"')
    .action((service: string | undefined, options: PlanOptions) =>
      run((context) =>
        lookAtInstallation(context, options.file, async (installation) => {
          const { plan } = await preparePlan(context.system, installation, {
            kind: 'upgrade',
            rollback: options.rollback,
            ...(options.version === undefined ? {} : { version: options.version }),
            ...(service === undefined ? {} : { only: service }),
          });
          if (options.out !== undefined) {
            await context.system.files.writeAtomic(options.out, `${JSON.stringify(plan, null, 2)}\n`);
            context.say(`Saved to ${options.out}. Apply it with: onward upgrade --plan ${options.out}`);
          }
          context.print(options.json ? `${JSON.stringify(plan)}\n` : renderPlan(plan));
          return plan.gates.every(isPassable) ? ExitCode.done : ExitCode.findings;
        }),
      ),
    );
}

function explain(command: Command): Command {
  return addExplanation(command, {
    notes: ['Nothing is changed. Exits with 1 when a gate is closed or unknown.'],
    examples: [
      ['onward plan', 'the way to the release of the channel'],
      ['onward plan --version 1.4.0 --out plan.json', 'save it, to apply it later'],
    ],
  });
}
