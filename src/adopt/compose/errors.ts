import { ExitCode, OnwardError } from '../../model/index.ts';

export function composeUnreadable(folder: string, why: string): OnwardError {
  return new OnwardError({
    code: 'adopt.compose-unreadable',
    message: `Could not look at the Compose project in ${folder}: ${why.replace(/(\. Is the docker daemon running\?|\.)$/, '')}.`,
    hint: 'Run "docker compose ps" in that folder; when it says no error, run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function nothingRuns(project: string, folder: string): OnwardError {
  return new OnwardError({
    code: 'adopt.nothing-runs',
    message: `Could not adopt the Compose project ${project} in ${folder}: it has no container, so there is nothing that runs.`,
    hint: 'Start it with "docker compose up -d", or name the project that runs with --project.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}
