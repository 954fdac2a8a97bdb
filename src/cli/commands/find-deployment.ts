import type { CommandContext } from '../command-context.ts';

/** The options of `onward migrate` that say what it acts on. */
interface TargetOptions {
  readonly file?: string;
  readonly url?: string;
  readonly hasMigrationsFolder: boolean;
}

/** The variables by which a caller without onward.yaml says which database it means. */
const DATABASE_VARIABLES = ['PGHOST', 'PGDATABASE', 'PGSERVICE'];

/**
 * The deployment that is meant: the one named by --file, or the one in this folder when nothing else says what to migrate; `undefined` when
 * the command stands alone. It is a file of its own so that a command that stands alone loads nothing of deployments.
 */
export async function findDeployment(context: CommandContext, options: TargetOptions): Promise<string | undefined> {
  if (options.file !== undefined) return options.file;
  const { environment, files } = context.system;
  const isAlone =
    options.url !== undefined || options.hasMigrationsFolder || DATABASE_VARIABLES.some((name) => environment[name]);
  if (isAlone) return undefined;
  const { DEPLOYMENT_FILE } = await import('../../deployment/index.ts');
  return (await files.exists(DEPLOYMENT_FILE)) ? '.' : undefined;
}
