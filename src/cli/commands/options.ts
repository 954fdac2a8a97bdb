import { type Command, Option } from 'commander';
import type { RollbackPolicy } from '../../model/index.ts';
import { lookOnly } from '../../system/index.ts';
import type { Installation } from '../../upgrade/index.ts';
import type { CommandContext } from '../command-context.ts';

/** `-f`: where onward.yaml is. Every command that acts on a deployment has it. */
export function addFileOption(command: Command): Command {
  return command.option('-f, --file <path>', 'onward.yaml, or the folder that holds it', '.');
}

export function addJsonOption(command: Command): Command {
  return command.option('--json', 'write data and events as JSON, one value per line, to standard output');
}

export function addRollbackOption(command: Command): Command {
  const policies: readonly RollbackPolicy[] = ['run', 'service', 'none'];
  return command.addOption(
    new Option(
      '--rollback <what>',
      'what goes back when a roll fails: all services of the run, the one that failed, or none',
    )
      .choices(policies)
      .default('run'),
  );
}

/** As `withInstallation`, for what changes nothing: no error of it speaks of something to take up. */
export function lookAtInstallation<T>(
  context: CommandContext,
  path: string,
  look: (installation: Installation) => Promise<T>,
): Promise<T> {
  return lookOnly(() => withInstallation(context, path, look));
}

/** Opens the deployment, does the work, and closes its connection whatever happens. */
export async function withInstallation<T>(
  context: CommandContext,
  path: string,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  // Not loaded for the sake of options alone.
  const { openInstallation } = await import('../../upgrade/index.ts');
  const installation = await openInstallation(context.system, path, context.programs);
  try {
    return await work(installation);
  } finally {
    await installation.control.close();
  }
}
