import type { Command } from 'commander';
import { DEPLOYMENT_FILE, loadDeployment } from '../../deployment/index.ts';
import type { System } from '../../system/index.ts';
import { addFileOption } from './options.ts';

/** Where a vendor's source is unless something else is said. */
export const DEFAULT_SOURCE = './releases';

export interface SourceOptions {
  readonly file: string;
  readonly source?: string;
}

/** `--source`: the release source, for those who have no deployment. */
export function addSourceOption(command: Command): Command {
  return addFileOption(command).option(
    '--source <folder>',
    `folder of the release source (default: the one of onward.yaml, else ${DEFAULT_SOURCE})`,
  );
}

/** The source that is named, else the deployment's, else the default one. */
export async function chooseSource(system: System, options: SourceOptions): Promise<string> {
  if (options.source !== undefined) return options.source;
  // A file that was named has to be there; the default one does not.
  if (options.file === '.' && !(await system.files.exists(DEPLOYMENT_FILE))) return DEFAULT_SOURCE;
  return (await loadDeployment(system, options.file)).releases.source;
}
