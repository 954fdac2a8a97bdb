import { saysNoProgram } from '../container-exit.ts';
import { missingProgram } from '../errors.ts';
import type { CommandEnd, CommandOptions, CommandSpec } from '../runtime.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { LABELS } from './labels.ts';
import { releaseOnceNetworked } from './networks.ts';
import { buildCommandSection } from './override.ts';
import { requireProjectService } from './project.ts';
import { endCommands, runRecorded } from './recorded-call.ts';
import { withSection } from './write-override.ts';

/**
 * Runs a command in a container of its own, by `docker compose run`: so it has the networks, volumes and secrets that compose.yaml gives to the
 * service. The container carries a label by which it is found, whatever has become of the call; when this resolves, neither is left.
 */
export async function runCommand(
  context: ComposeContext,
  spec: CommandSpec,
  options: CommandOptions,
): Promise<CommandEnd> {
  const { service, artifact, environment, slot } = spec;
  options.signal.throwIfAborted();
  const own = spec.composeService ?? findService(context, service).own;
  requireProjectService(await context.project(), own);
  if (slot) await endCommands(context, service, { slot: { name: slot.name } });
  const section = buildCommandSection(artifact, describeEnvironment(spec, environment), context.stateDirectory);
  return withSection(context, { own, section }, (files) => runOnce(context, spec, { own, files, ...options }));
}

function describeEnvironment(
  { service, release }: CommandSpec,
  environment: CommandSpec['environment'],
): CommandSpec['environment'] {
  return { PGAPPNAME: `${service}@${release}`, ...environment, ONWARD_SERVICE: service, ONWARD_RELEASE: release };
}

async function runOnce(
  context: ComposeContext,
  { service, command, graceMs, slot }: CommandSpec,
  { own, files, ...options }: CommandOptions & { readonly own: string; readonly files: readonly string[] },
): Promise<CommandEnd> {
  const token = context.system.random.hex(8);
  const { name } = await context.project();
  const run = ['run', '--rm', '--no-TTY', '--interactive=false', '--no-deps', '--quiet-pull'];
  const args = [
    ...run,
    '--name',
    `${name}-${own}-run-${token}`,
    '--label',
    `${LABELS.command}=${token}`,
    own,
    ...command,
  ];
  const end = await runRecorded(
    context,
    {
      ...{ service, token, slot, graceMs, files, args, isQuiet: true },
      begin: (call, release) => releaseOnceNetworked(context, own, { call, release }),
    },
    options,
  );
  if (end.code !== 0 && saysNoProgram(end.said))
    throw missingProgram(`${service} (${command.join(' ')})`, command[0] ?? '');
  return end;
}
