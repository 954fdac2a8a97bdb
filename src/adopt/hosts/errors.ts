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
