import type { ComposeContext } from './compose-context.ts';
import { findService } from './compose-context.ts';
import { labelOf } from './containers.ts';
import { LABELS } from './labels.ts';
import type { Found } from './list-instances.ts';
import type { Section } from './override.ts';
import { isSameSection, loadSection } from './records.ts';
import { loadOverride, writeSection } from './write-override.ts';

/**
 * Has the override say what these instances are, so that the operator's own `docker compose up -d` changes nothing; `undefined`: it does
 * already. Of ones that Onward did not make, and where there are none, it says nothing: compose.yaml does.
 */
export async function planKeeping(
  context: ComposeContext,
  name: string,
  serving: readonly Found[] | 'none',
): Promise<((epoch: number) => Promise<void>) | undefined> {
  const first = serving === 'none' ? undefined : serving[0];
  if (!first && serving !== 'none') return undefined;
  const { own } = findService(context, name);
  const base = first && labelOf(first.container, LABELS.base);
  const section: Section | undefined = base === undefined ? undefined : await loadSection(context, base);
  // Made by Onward, and its record is gone: what the override says is the best that is known.
  if (base !== undefined && !section) return undefined;
  if (isSameSection((await loadOverride(context))[own], section)) return undefined;
  return (epoch) => context.inTurn(() => writeSection(context, { own, section, epoch }));
}
