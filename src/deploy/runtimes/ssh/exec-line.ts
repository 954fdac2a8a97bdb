import { isAbsolute, join, relative } from 'node:path';
import { commandLeaves } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';

/** Words of an `ExecStart=:` line, with nothing left for systemd to expand. */
export function renderExecWords(words: readonly string[]): string {
  return words.map((word) => `"${escapeSpecifiers(word).replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`).join(' ');
}

/** A word that systemd may expand variables in: nothing behind two dollar signs is one. */
export function escapeVariables(word: string): string {
  return word.replaceAll('$', '$$$$');
}

/** A value of a unit file, in which systemd would expand percent signs. */
export function escapeSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/**
 * The program and its arguments: `node` is looked for on the host, an absolute path is taken as it is, and any other program is a file of
 * the artifact. Throws `runtime.program-outside` when it is not inside of it.
 */
export function splitCommand({ id, artifact, command }: Pick<InstanceSpec, 'id' | 'artifact' | 'command'>): {
  readonly program: string;
  readonly args: readonly string[];
} {
  const [program = '', ...args] = command;
  if (program === 'node' || isAbsolute(program)) return { program, args };
  const path = join(artifact, program);
  const inside = relative(artifact, path);
  if (inside === '' || inside === '..' || inside.startsWith('../')) throw commandLeaves(id, program);
  return { program: path, args };
}
