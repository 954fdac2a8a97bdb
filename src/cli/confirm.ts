import { ExitCode, OnwardError, type Plan } from '../model/index.ts';
import { renderStartingPlan } from '../plan/index.ts';
import type { FoundRun } from '../upgrade/index.ts';
import type { CommandContext } from './command-context.ts';

/** Shows what is going to happen and asks once. Without a terminal, `--yes` must have been said. */
export function confirmPlan(
  context: CommandContext,
  options: { readonly yes?: boolean; readonly json?: boolean; readonly way?: 'forward' | 'back' },
): (plan: Plan, resumes: FoundRun | undefined) => Promise<boolean> {
  return async (plan, resumes) => {
    if (resumes) {
      context.say(describeFound(resumes, options.way ?? 'forward'));
      // It was agreed to when it began.
      return true;
    }
    if (!options.json) context.say(renderStartingPlan(plan));
    return options.yes === true || askToStart(context, `Go from ${plan.from} to ${plan.to}?`);
  };
}

/** Asks once. Throws `upgrade.not-confirmed` where there is no terminal. */
export async function askToStart(context: CommandContext, question: string): Promise<boolean> {
  const answer = await context.ask(question);
  if (answer !== undefined) return answer;
  throw new OnwardError({
    code: 'upgrade.not-confirmed',
    message: 'Could not ask whether to start: there is no terminal. Nothing has changed.',
    hint: 'Run the same command with --yes.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

/** What a command finds of a run that was cut off or parked, in words. */
function describeFound({ run, state }: FoundRun, wanted: 'forward' | 'back'): string {
  const { from, to } = state.start;
  const where =
    state.parkedAfter === undefined ? `was cut off at ${state.step}` : `is parked after ${state.parkedAfter}`;
  const rolled =
    state.rolled.length === 0 ? 'no service had begun to roll' : `${state.rolled.join(', ')} had begun to roll`;
  const goes = wanted === 'back' ? 'It goes back.' : 'It goes on.';
  const way = state.direction === 'back' ? 'It was going back, and goes on going back.' : goes;
  return `Found run ${run} from ${from} to ${to}: it ${where}; ${rolled}. ${way}`;
}
