import { join } from 'node:path';
import type { System } from '../../system/index.ts';
import { folderTaken, nothingToConvert, unusableFolder } from '../errors.ts';
import type { LedgerTool } from '../ledgers/ledger-tool.ts';
import { LEDGER_TOOLS } from '../ledgers/tools.ts';
import { type FilesPlan, planFiles, type SourceFile } from './plan-files.ts';

/** Tools whose folders are not laid out as Onward's. */
export const FOREIGN_LAYOUTS: readonly LedgerTool[] = LEDGER_TOOLS.filter(({ placeFile }) => placeFile !== undefined);

/** Reads a tool's folder and decides how its files are called in Onward's layout. Changes nothing. Throws `adopt.nothing-to-convert`. */
export async function planConversion(system: System, tool: LedgerTool, folder: string): Promise<FilesPlan> {
  const plan = planFiles(tool, await readSources(system, folder));
  if (plan.files.length === 0 && plan.findings.every(({ severity }) => severity !== 'error'))
    throw nothingToConvert(tool.title, folder);
  return plan;
}

/**
 * Writes a tool's files into a new folder in Onward's layout; the folder that they come from stays as it is. Throws `adopt.unusable-folder`
 * before anything is written when a finding forbids it, and `adopt.folder-taken` when there is something already.
 */
export async function writeConversion(
  system: System,
  plan: FilesPlan,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  if (plan.findings.some(({ severity }) => severity === 'error')) throw unusableFolder(from, plan.findings);
  if (await system.files.exists(to)) {
    if (!(await system.files.isFolder(to)) || (await system.files.names(to)).length > 0) throw folderTaken(to);
  }
  await system.files.makeFolder(to);
  for (const file of plan.files) await system.files.writeAtomic(join(to, file.to), file.bytes, 0o644);
}

/** The tool in whose layout a folder certainly is, when Onward cannot read it. */
export async function findForeignLayout(system: System, folder: string): Promise<LedgerTool | undefined> {
  if (!(await system.files.isFolder(folder))) return undefined;
  const paths = (await system.files.tree(folder)).filter(({ kind }) => kind === 'file').map(({ path }) => path);
  // Numbered files are Onward's layout too.
  return FOREIGN_LAYOUTS.filter(({ name }) => name === 'flyway' || name === 'prisma').find((tool) =>
    paths.some((path) => typeof tool.placeFile?.(path) === 'object'),
  );
}

async function readSources(system: System, folder: string): Promise<readonly SourceFile[]> {
  if (!(await system.files.isFolder(folder))) return [];
  const entries = (await system.files.tree(folder)).filter(({ kind }) => kind === 'file');
  const wanted = entries
    .map(({ path }) => path)
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')));
  const bytes = await system.files.readAll(wanted.map((path) => join(folder, path)));
  return wanted.map((path, index) => ({ path, bytes: bytes[index] ?? Buffer.alloc(0) }));
}
