import type { CommandEnd, CommandOptions, CommandSpec } from '../../deploy/index.ts';
import type { MigrationCommand } from '../../model/index.ts';
import { loadFrozenRevisions } from '../configuration/freeze.ts';
import { buildEnvironment } from '../desired.ts';
import { requireService } from '../observe-facts.ts';
import type { RunContext } from '../run-context.ts';

/** The server cuts longer names, and would not find them again. */
const LONGEST_NAME = 63;

/** Programs of the release that the run goes to, in the artifact and environment of one service. */
export interface ReleaseProgram {
  /** The name of the sessions that it opens, where its driver takes PGAPPNAME. */
  readonly applicationName: string;
  /** The command that moves the schema: one at a time, and of a killed Onward none goes on beside it. */
  migrate(options: CommandOptions): Promise<CommandEnd>;
  /** A program beside it that only looks. */
  ask(argv: readonly string[], options: CommandOptions): Promise<CommandEnd>;
}

/** The service's artifact of the new release, staged by the run, with what its new instances are given. */
export async function openReleaseProgram(context: RunContext, declared: MigrationCommand): Promise<ReleaseProgram> {
  const { system, installation, release, lease } = context;
  const service = requireService(installation, declared.service);
  const component = release.components.find((candidate) => candidate.service === service.name);
  if (!component) throw new Error(`Release ${release.version} has no component ${service.name}`);
  const runtime = installation.runtimeOf(service.name);
  const applicationName = `migration:${declared.name}@${release.version}`.slice(0, LONGEST_NAME);
  const { composeService } = declared;
  const inPlace = composeService !== undefined && service.runtime.kind === 'compose' ? { composeService } : {};
  const spec: Omit<CommandSpec, 'command'> = {
    service: service.name,
    release: component.producedBy,
    artifact: runtime.locate(component),
    // The operator's own PGAPPNAME is for the instances: by this one the waits for it are told from others.
    environment: {
      ...(await buildEnvironment(system, service, await loadFrozenRevisions(context))),
      PGAPPNAME: applicationName,
    },
    graceMs: service.graceMs,
    ...inPlace,
  };
  const slot = { name: `migration-command.${declared.name}`, epoch: lease.epoch };
  return {
    applicationName,
    migrate: (options) => runtime.runCommand({ ...spec, command: declared.command, slot }, options),
    ask: (argv, options) => runtime.runCommand({ ...spec, command: argv }, options),
  };
}
