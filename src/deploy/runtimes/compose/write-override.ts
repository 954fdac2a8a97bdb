import { join } from 'node:path';
import type { ComposeContext } from './compose-context.ts';
import { foreignOverride, unreadableOverride } from './errors.ts';
import { isBlank, isOurs, parseOverride, renderOverride, type Section, type Sections } from './override.ts';
import { findRivalOverride } from './project.ts';
import { isSameSection } from './records.ts';

/** What the override says now; nothing when there is none. Throws `compose.foreign-override` when the file is not Onward's. */
export async function loadOverride(context: ComposeContext): Promise<Sections> {
  const path = context.compose.override;
  const text = await context.system.files.readTextIfPresent(path);
  if (text === undefined || isBlank(text)) return {};
  if (!isOurs(text)) throw foreignOverride(path);
  const parsed = await parseOverride(path, text);
  if ('problem' in parsed) throw unreadableOverride(path, String(parsed.problem));
  return parsed;
}

/** Throws `compose.foreign-override` when the override cannot be written, or would be read in place of another one. */
export async function assertWritable(context: ComposeContext): Promise<void> {
  await loadOverride(context);
  const rival = await findRivalOverride(context);
  if (rival !== undefined) throw foreignOverride(rival);
}

/**
 * Has the override say this of one service, or nothing; what it says of others stays. The file is replaced as a whole, 0600. One with nothing
 * in it stays: COMPOSE_FILE may name it.
 */
export async function writeSection(
  context: ComposeContext,
  { own, section, epoch }: { readonly own: string; readonly section: Section | undefined; readonly epoch: number },
): Promise<void> {
  const { [own]: now, ...others } = await loadOverride(context);
  if (isSameSection(now, section)) return;
  await assertWritable(context);
  await context.fence.assertCurrent(epoch);
  const text = renderOverride(section ? { ...others, [own]: section } : others);
  // Of one that was killed while it wrote: it stands beside the operator's files, and may hold secrets.
  await context.system.files.removeHalves(context.compose.override);
  await context.system.files.writeAtomic(context.compose.override, text);
}

/**
 * Does some work with another text of a service's section in a file of its own, 0600, that is gone afterwards. The work gets the files of the
 * project with that one in the place of the override.
 */
export async function withSection<T>(
  context: ComposeContext,
  { own, section }: { readonly own: string; readonly section: Section },
  work: (files: readonly string[]) => Promise<T>,
): Promise<T> {
  const { files } = context.system;
  const project = await context.project();
  const folder = join(context.stateDirectory, 'compose');
  await files.makeFolder(folder, 0o700);
  await clearAbandoned(context, folder);
  const { pid, startTicks } = context.system.processes.self();
  const path = join(folder, `work-${pid}-${startTicks}-${context.system.random.hex(4)}.yaml`);
  const { [own]: _now, ...others } = await loadOverride(context);
  await files.writeAtomic(path, renderOverride({ ...others, [own]: section }));
  try {
    return await work([...project.files, path]);
  } finally {
    await files.remove(path);
  }
}

/** Those of tools that were killed. */
async function clearAbandoned({ system }: ComposeContext, folder: string): Promise<void> {
  for (const name of await system.files.names(folder)) {
    const [, pid, startTicks] = /^work-(\d+)-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || system.processes.identify(Number(pid))?.startTicks === startTicks) continue;
    await system.files.remove(join(folder, name));
  }
}
