import { basename, dirname } from 'node:path/posix';

/** What a release would ship for a unit that runs files. */
export interface UnitFiles {
  /** Where they stand on its hosts; `undefined`: in its working directory. */
  readonly folder: string | undefined;
  /** Its command, as it is called in that folder. */
  readonly command: readonly string[];
}

/**
 * The file that a unit's command names first stands in the folder that a release ships. What calls it (an interpreter by its full path) stays as it
 * is, but for Node, which Onward finds on the host. Pure.
 */
export function chooseFiles([program = '', ...args]: readonly string[]): UnitFiles {
  const called = basename(program) === 'node' ? 'node' : program;
  const at = args.findIndex((word) => word.startsWith('/'));
  const file = args[at];
  if (file !== undefined) {
    const words = args.map((word, index) => (index === at ? basename(word) : word));
    return { folder: dirname(file), command: [called, ...words] };
  }
  const namesFile = args.some((word) => /^[^-].*\.\w+$/.test(word));
  if (called === 'node' || namesFile || !program.startsWith('/'))
    return { folder: undefined, command: [called, ...args] };
  return { folder: dirname(program), command: [`./${basename(program)}`, ...args] };
}
