import { isAbsolute, relative } from 'node:path';
import type { ConfigurationFile, Finding } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { changedMeanwhile } from './errors.ts';

/** The operator's own file as it is now. */
export interface OperatorFile {
  /** `undefined`: it cannot be used; `problems` say why. */
  readonly text: string | undefined;
  readonly problems: readonly Finding[];
  /** Where an edit writes: the file itself, or what a link in the deployment's folder leads to. `undefined`: it leads out of the folder. */
  readonly editPath: string | undefined;
}

/** Reads the file as UTF-8, byte for byte, a byte-order mark included. */
export async function readOperatorFile(
  system: System,
  { path }: ConfigurationFile,
  folder: string,
): Promise<OperatorFile> {
  const unusable = (code: string, message: string, hint: string): OperatorFile => ({
    text: undefined,
    problems: [{ code, severity: 'error', message, position: { file: path }, hint }],
    editPath: undefined,
  });
  let bytes: Buffer;
  try {
    bytes = await system.files.readBytes(path);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      return unusable('configuration.no-file', 'there is no such file', 'Create it, or take it out of onward.yaml.');
    return unusable('configuration.unreadable', `cannot be read: ${code}`, 'Make it a file that can be read.');
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, problems: [], editPath: await findEditPath(system, path, folder) };
  } catch {
    return unusable('configuration.unreadable', 'is not UTF-8', 'Save it as UTF-8.');
  }
}

/** Replaces the file as a whole, unless it says something else than what was read. Its mode and owner stay. */
export async function writeOperatorFile(
  system: System,
  { editPath, before, after }: { readonly editPath: string; readonly before: string; readonly after: string },
): Promise<void> {
  const now = await system.files.readBytes(editPath);
  if (!now.equals(Buffer.from(before))) throw changedMeanwhile(editPath);
  await system.files.replace(editPath, Buffer.from(after));
}

/** A link may lead to another place of the deployment's folder, and nowhere else: what stands there is not the deployment's alone. */
async function findEditPath({ files }: System, path: string, folder: string): Promise<string | undefined> {
  const [entry, target, root] = [await files.entry(path), await files.real(path), await files.real(folder)];
  const isDeclaredOutside = !isInside(path, folder) && entry?.kind !== 'link';
  return isDeclaredOutside || isInside(target, root) ? target : undefined;
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}
