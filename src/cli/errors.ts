import { ExitCode, OnwardError } from '../model/index.ts';

/** What the parser of arguments found, in its own words, and the command as far as the words were understood. */
export interface UsageProblem {
  readonly says: string;
  readonly command: string;
  /** What was probably meant, as it would be typed. */
  readonly meant?: string | undefined;
}

export function unusableArguments({ says, command, meant }: UsageProblem): OnwardError {
  const [, suggested] = /\(Did you mean (.*)\?\)/.exec(says) ?? [];
  const likely = meant ?? suggested;
  return new OnwardError({
    code: 'cli.usage',
    message: `Could not tell what to do: ${describeProblem(says)}.`,
    hint: `${likely === undefined ? '' : `Did you mean "${likely}"? `}Run "${command} --help" to see what it takes.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

/** The parser's sentence as a part of ours: `--until cannot be "never"; allowed choices are stage, expand`. */
function describeProblem(says: string): string {
  return says
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean .*\?\)/, '')
    .replace(/^option '(?:-\w, )?(--[\w-]+).*' argument '(.*)' is invalid\. /, '$1 cannot be "$2"; ')
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*)'\. /, '<$2> cannot be "$1"; ')
    .replace(/^option '(?:-\w, )?(--[\w-]+).*' argument missing$/, '$1 needs a value')
    .replace(/^required option '(?:-\w, )?(--[\w-]+).*' not specified$/, '$1 is missing')
    .replace(/^missing required argument '(.*)'$/, '<$1> is missing')
    .replace('; must be ', '; it must be ')
    .replace('; Allowed choices are ', '; it can be ')
    .replace('. Expected ', ': expected ')
    .replaceAll("'", '"')
    .replace(/\.$/, '');
}

/** What the first Ctrl-C or SIGTERM leads to where a command has no safe place of its own to stop at. */
export function toldToStop(): OnwardError {
  return new OnwardError({
    code: 'cli.stopped',
    message: 'Could not finish: it was told to stop.',
    hint: 'Run the same command again; it goes on where it stopped.',
    state: 'resumable',
    exit: ExitCode.paused,
  });
}

export function contractNotConfigured(): OnwardError {
  return new OnwardError({
    code: 'migrate.contract-not-configured',
    message:
      'Could not apply the contract phase: the gates that prove that nothing uses the old shape are not configured in this version of Onward, and what cannot be told counts as no. Nothing has changed.',
    hint: 'Leave the old shape in place; it does no harm.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
