import { type HostProvision, planHostProvision, provisionHost } from '../deploy/index.ts';
import { closest, ExitCode, OnwardError } from '../model/index.ts';
import { lookOnly, type System } from '../system/index.ts';
import type { Installation } from './installation.ts';

export interface HostProvisionRequest {
  readonly host: string;
  /** The units that are written say by themselves when they are ready. */
  readonly isNotifying: boolean;
}

/**
 * What a host of onward.yaml has and lacks, and `apply`, which makes the folders and writes the units that are missing. Looks only, until then.
 * Throws `upgrade.no-such-host`, and `ssh.*` when the host cannot be reached or used.
 */
export async function prepareHostProvision(
  system: System,
  { deployment }: Installation,
  { host, isNotifying }: HostProvisionRequest,
): Promise<{ readonly provision: HostProvision; readonly apply: () => Promise<void> }> {
  const { name, stateDirectory, services, hosts } = deployment;
  const known = services.flatMap(({ runtime }) => (runtime.kind === 'ssh' ? runtime.hosts : []));
  if (!hosts || !known.includes(host)) throw noSuchHost(host, known);
  const options = { deployment: name, stateDirectory, services, hosts, host, isNotifying };
  const provision = await lookOnly(() => planHostProvision(system, options));
  return { provision, apply: () => provisionHost(system, options, provision) };
}

function noSuchHost(host: string, known: readonly string[]): OnwardError {
  const meant = closest(host, known);
  return new OnwardError({
    code: 'upgrade.no-such-host',
    message: `Could not provision ${host}: no service of onward.yaml runs there.`,
    hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}Add it to the hosts of a service in onward.yaml, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
