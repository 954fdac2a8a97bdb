import type { System } from '../../system/index.ts';
import { taken } from './errors.ts';
import type { StatementsFile } from './statements-file.ts';

/** Writes the file for its owner alone (0600). Throws `lint.file-exists` unless it may be replaced. */
export async function saveStatements(
  system: System,
  file: StatementsFile,
  to: { readonly path: string; readonly mayReplace: boolean },
): Promise<void> {
  const text = `${JSON.stringify(file, undefined, 2)}\n`;
  if (to.mayReplace) await system.files.writeAtomic(to.path, text, 0o600);
  else if (!(await system.files.createOnce(to.path, text))) throw taken(to.path);
}
