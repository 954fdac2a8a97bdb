import { createPerformer, type RunContext } from '../run-context.ts';

/**
 * Lets the switch of this Onward take over from one that another version, or another build, has started, before any traffic is changed.
 * No request notices, and there is nothing to undo: it serves the old release as well. When it fails, the old switch goes on.
 */
export async function handOverSwitch(context: RunContext): Promise<void> {
  const { builtin: router, programs } = context.installation;
  const found = await router.observeProgram();
  if (!found || found.isOwn) return;
  const perform = createPerformer(context, 'skew-check');
  const data = { from: found.version ?? 'unknown', to: programs.toolVersion };
  await perform('hand-over:switch', data, () => router.handOver());
}
