import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { canonicalJson, type Json } from '../../../model/index.ts';
import { unreadableInstance } from '../errors.ts';
import type { ComposeContext } from './compose-context.ts';
import type { Section } from './override.ts';

const document = z.strictObject({
  schema: z.literal('onward/compose-section/v1'),
  service: z.string(),
  section: z.record(z.string(), z.unknown()),
});

/**
 * What the override said of a service while its instances were of one base. A container holds no more than what became of it, so this is kept
 * beside them, to say the same again on the way back. 0600: it may hold secrets.
 */
export async function loadSection(context: ComposeContext, base: string): Promise<Section | undefined> {
  const path = pathOf(context, base);
  const text = await context.system.files.readTextIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return document.parse(JSON.parse(text)).section as Section;
  } catch (error) {
    throw unreadableInstance(base, path, error instanceof Error ? error.message : String(error));
  }
}

export async function keepSection(
  context: ComposeContext,
  { base, own, section }: { readonly base: string; readonly own: string; readonly section: Section },
): Promise<void> {
  const { files } = context.system;
  await files.makeFolder(folderOf(context), 0o700);
  const record = { schema: 'onward/compose-section/v1', service: own, section };
  await files.writeAtomic(pathOf(context, base), `${JSON.stringify(record, null, 2)}\n`);
}

/** Forgets all of a service but what is of these bases: of some, no container may ever have been made. */
export async function forgetOthers(
  context: ComposeContext,
  { own, bases }: { readonly own: string; readonly bases: readonly (string | undefined)[] },
): Promise<void> {
  const { files } = context.system;
  for (const name of await files.names(folderOf(context))) {
    const path = join(folderOf(context), name);
    if (bases.includes(basename(name, '.json')) || !name.endsWith('.json')) continue;
    const { success, data } = document.safeParse(parseJson(await files.readText(path)));
    if (success && data.service === own) await files.remove(path);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isSameSection(a: Section | undefined, b: Section | undefined): boolean {
  if (!a || !b) return a === b;
  return canonicalJson(a as Json) === canonicalJson(b as Json);
}

function folderOf({ stateDirectory }: ComposeContext): string {
  return join(stateDirectory, 'compose', 'instances');
}

function pathOf(context: ComposeContext, base: string): string {
  return join(folderOf(context), `${base}.json`);
}
