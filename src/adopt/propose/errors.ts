import { ExitCode, OnwardError } from '../../model/index.ts';

export function proposalTaken(path: string): OnwardError {
  return new OnwardError({
    code: 'adopt.taken',
    message: `Could not write the proposal: ${path} is there already. Nothing has changed.`,
    hint: 'Run the same command without --write to compare, or name another folder with --file.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
