import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const PRELOADED = fileURLToPath(new URL('./count-effects.mjs', import.meta.url));

/**
 * The environment in which the command writes a line to `<folder>.effects` for each thing that it does to the folder's files or through docker, and
 * kills itself at the one that `kill` names: by its number, or by how it begins (`ends docker stop`). Empty: at none.
 */
export function countingEffects(folder: string, kill: string): NodeJS.ProcessEnv {
  return {
    NODE_OPTIONS: `--import ${PRELOADED}`,
    ...{ EFFECTS_LOG: `${folder}.effects`, EFFECTS_KILL: kill, EFFECTS_WITHIN: folder },
  };
}

export async function readEffects(folder: string): Promise<readonly string[]> {
  return (await readFile(`${folder}.effects`, 'utf8')).trim().split('\n');
}
