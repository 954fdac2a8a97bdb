import { ExitCode, OnwardError } from '../../model/index.ts';

const STATES: Readonly<Record<OnwardError['state'], string>> = {
  unchanged: 'Nothing has changed.',
  resumable: 'The run can be taken up again.',
  'needs-operator': 'A person has to look at it.',
};

/** What a person sees of an error: what is so, the details, and the next command. Anything that is not ours is a bug, and says so. */
export function renderError(error: unknown): { readonly text: string; readonly exit: ExitCode } {
  if (!(error instanceof OnwardError)) return { text: renderBug(error), exit: ExitCode.bug };
  const says = error.message.includes(STATES[error.state]) ? error.message : `${error.message} ${STATES[error.state]}`;
  const lines = [`error ${error.code}`, says];
  if (error.detail !== undefined) lines.push('', ...error.detail.split('\n').map((line) => `  ${line}`), '');
  lines.push(`-> ${error.hint}`);
  return { text: lines.join('\n'), exit: error.exit };
}

function renderBug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    `error onward.bug`,
    'This is a bug in Onward. What serves goes on serving.',
    '',
    stack,
    '',
    '-> Run the same command again; if it fails again, report this text.',
  ].join('\n');
}
