import type { ComposeContext } from './compose-context.ts';
import { findService } from './compose-context.ts';
import { labelOf } from './containers.ts';
import { LABELS } from './labels.ts';
import type { Found } from './list-instances.ts';
import { loadSection } from './records.ts';
import { loadOverride, writeSection } from './write-override.ts';

/**
 * Has the override say what these instances are, so that the operator's own `docker compose up -d` changes nothing. Of ones that Onward did
 * not make it says nothing: they are what compose.yaml says.
 */
export async function keepServing(
  context: ComposeContext,
  name: string,
  { serving, epoch }: { readonly serving: readonly Found[]; readonly epoch: number },
): Promise<void> {
  const { own } = findService(context, name);
  const [first] = serving;
  if (!first) return;
  const base = labelOf(first.container, LABELS.base);
  const section = base === undefined ? undefined : await loadSection(context, base);
  // Made by Onward, and its record is gone: what the override says is the best that is known.
  if (base !== undefined && !section) return;
  await context.inTurn(() => writeSection(context, { own, section, epoch }));
}

/** Whether the override says what these instances are. */
export async function isKept(context: ComposeContext, name: string, serving: readonly Found[]): Promise<boolean> {
  const { own } = findService(context, name);
  const [first] = serving;
  if (!first) return true;
  const labels = (await loadOverride(context))[own]?.labels as { readonly [label: string]: string } | undefined;
  return labels?.[LABELS.base] === labelOf(first.container, LABELS.base);
}
