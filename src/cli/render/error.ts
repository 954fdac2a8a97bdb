import { ExitCode, type OnwardError } from '../../model/index.ts';
import { asRefusal } from '../../system/index.ts';

const STATES: Readonly<Record<OnwardError['state'], string>> = {
  unchanged: 'Nothing has changed.',
  resumable: 'What was begun can be taken up again.',
  'needs-operator': 'A person has to look at it.',
};

/** What a person sees of an error: what is so, the details, and the next command. Anything that is not ours is a bug, and says so. */
export function renderError(thrown: unknown): { readonly text: string; readonly exit: ExitCode } {
  const error = asRefusal(thrown);
  if (!error) return { text: renderBug(thrown), exit: ExitCode.bug };
  const says = error.message.includes(STATES[error.state]) ? error.message : `${error.message} ${STATES[error.state]}`;
  return { text: renderParts(error, says), exit: error.exit };
}

/** Why a run ended as it did. What is so now and how to go on is said behind it, by the report of the run. */
export function renderReason(thrown: unknown): string {
  const error = asRefusal(thrown);
  if (error) return renderParts(error, error.message);
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function renderParts({ code, detail, hint }: OnwardError, says: string): string {
  const lines = [`error ${code}`, says];
  if (detail !== undefined) lines.push('', ...detail.split('\n').map((line) => `  ${line}`.trimEnd()), '');
  lines.push(`-> ${hint}`);
  return lines.join('\n');
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
