import type { Command } from 'commander';
import { ExitCode, type RollbackPolicy } from '../../model/index.ts';
import { renderPlan } from '../../plan/index.ts';
import { preparePlan } from '../../upgrade/index.ts';
import type { RunAction } from '../command-context.ts';
import { addFileOption, addJsonOption, addRollbackOption, withInstallation } from './options.ts';

interface PlanOptions {
  readonly file: string;
  readonly version?: string;
  readonly rollback: RollbackPolicy;
  readonly out?: string;
  readonly json?: boolean;
}

export function define(command: Command, run: RunAction): void {
  addRollbackOption(addJsonOption(addFileOption(command)))
    .argument('[service]', 'plan for this service only')
    .option('--version <version>', 'a channel such as stable, or a version')
    .option('--out <file>', 'save the plan, to be looked at and applied with "onward upgrade --plan"')
    .addHelpText('after', '\nNothing is changed. Exits with 1 when a gate is closed or unknown.')
    .action((service: string | undefined, options: PlanOptions) =>
      run((context) =>
        withInstallation(context, options.file, async (installation) => {
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
          return plan.gates.every((gate) => gate.state === 'open') ? ExitCode.done : ExitCode.findings;
        }),
      ),
    );
}
