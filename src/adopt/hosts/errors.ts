import { ExitCode, OnwardError } from '../../model/index.ts';

export function noUnits(hosts: readonly string[]): OnwardError {
  return new OnwardError({
    code: 'adopt.no-units',
    message: `Could not adopt ${hosts.join(', ')}: no unit stands in /etc/systemd/system but those of the distribution.`,
    hint: 'Name them with --unit, as "systemctl list-units --type=service" does.',
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

/** The same error, of what only looks: whatever came of it, nothing has changed. */
export function onlyLooked(error: unknown): unknown {
  if (!(error instanceof OnwardError)) return error;
  const { code, message, hint, exit, detail } = error;
  return new OnwardError({
    ...{ code, message, hint, exit, state: 'unchanged', cause: error },
    ...(detail === undefined ? {} : { detail }),
  });
}
