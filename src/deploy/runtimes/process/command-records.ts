import { join } from 'node:path';
import * as z from 'zod/mini';
import type { ProcessIdentity, System } from '../../../system/index.ts';
import { commandOutOfReach, unreadableCommand } from '../errors.ts';
import { processIdentity } from './identity-schema.ts';
import type { ProcessContext } from './process-context.ts';
import { terminateGroup } from './terminate-group.ts';

/** A command that runs, or ran when its tool was killed. One file for each, so that two tools never write the same one. */
export interface CommandRecord {
  readonly slot?: string | undefined;
  readonly child: ProcessIdentity;
  /** The tool that reads what it writes. */
  readonly tool: ProcessIdentity;
  readonly graceMs: number;
}

const document = z.strictObject({
  schema: z.literal('onward/command/v1'),
  slot: z.optional(z.string()),
  child: processIdentity,
  tool: processIdentity,
  graceMs: z.int(),
});

/** Where the records are, and what is looked at to tell who lives. */
type RecordsContext = Pick<ProcessContext, 'system' | 'stateDirectory'>;

/** Writes it down and gives the file, which is removed once nothing of the command is left. */
export async function recordCommand(
  { system, stateDirectory }: RecordsContext,
  service: string,
  { token, ...record }: CommandRecord & { readonly token?: string },
): Promise<string> {
  const folder = folderOf(stateDirectory, service);
  await system.files.makeFolder(folder, 0o700);
  const path = join(folder, `${token ?? system.random.hex(8)}.json`);
  await system.files.writeAtomic(path, `${JSON.stringify({ schema: 'onward/command/v1', ...record })}\n`);
  return path;
}

/**
 * Ends those in a slot, in the one that is named or in any; and always those whose tool is gone, which nobody listens to any more. Throws
 * `runtime.command-out-of-reach` or `runtime.unreadable-command` when it cannot be told whether one runs.
 */
export async function endCommands(context: RecordsContext, service: string, ending: CommandsToEnd): Promise<void> {
  const { system } = context;
  for (const { path, record } of await findCommandsToEnd(context, service, ending)) {
    // Stopped at its gate or in its program: a command that has not run yet does not run any more.
    await terminateGroup(system, record.child, record.graceMs);
    await system.files.remove(path);
  }
}

/** Those in a slot, in the one that is named or in any; and always those whose tool is gone. */
export interface CommandsToEnd {
  readonly slot?: 'any' | { readonly name: string };
}

/** The records of the commands that `endCommands` would end; throws as it does. */
export async function findCommandsToEnd(
  { system, stateDirectory }: RecordsContext,
  service: string,
  ending: CommandsToEnd,
): Promise<readonly { readonly path: string; readonly token: string; readonly record: CommandRecord }[]> {
  const folder = folderOf(stateDirectory, service);
  const found = [];
  for (const name of (await system.files.names(folder)).filter((each) => each.endsWith('.json'))) {
    const path = join(folder, name);
    const record = await loadRecord(system, path);
    if (!record || !isToEnd(system, record, ending.slot)) continue;
    if (system.processes.groupState(record.child) === 'unknown') throw commandOutOfReach(service, path);
    found.push({ path, token: name.slice(0, -'.json'.length), record });
  }
  return found;
}

function isToEnd(system: System, record: CommandRecord, slot: 'any' | { readonly name: string } | undefined): boolean {
  const isMeant = record.slot !== undefined && (slot === 'any' || record.slot === slot?.name);
  return isMeant || system.processes.state(record.tool) === 'dead';
}

async function loadRecord(system: System, path: string): Promise<CommandRecord | undefined> {
  const text = await system.files.readTextIfPresent(path);
  if (text === undefined) return undefined;
  try {
    const { schema: _schema, ...record } = document.parse(JSON.parse(text));
    return record;
  } catch (error) {
    throw unreadableCommand(path, error instanceof Error ? error.message : String(error));
  }
}

function folderOf(stateDirectory: string, service: string): string {
  return join(stateDirectory, 'commands', service);
}
