import type { ProcessIdentity } from '../../../system/index.ts';
import { saysNoProgram } from '../container-exit.ts';
import { missingProgram } from '../errors.ts';
import { type CommandsToEnd, findCommandsToEnd, recordCommand } from '../process/command-records.ts';
import { terminateGroup } from '../process/terminate-group.ts';
import type { CommandEnd, CommandOptions, CommandSpec } from '../runtime.ts';
import { attendCommand } from './attend-command.ts';
import { composeArgv } from './compose-cli.ts';
import { type ComposeContext, findService } from './compose-context.ts';
import { listContainers } from './containers.ts';
import { LABELS } from './labels.ts';
import { buildCommandSection } from './override.ts';
import { requireProjectService } from './project.ts';
import { withSection } from './write-override.ts';

/** What the engine's own calls may take beyond the grace period of a container. */
const ENGINE_MS = 20_000;
const CALL_ENDS_MS = 2_000;
const POLL_MS = 20;

/**
 * Runs a command in a container of its own, by `docker compose run`: so it has the networks, volumes and secrets that compose.yaml gives to the
 * service. The identity of that call is on disk before it may begin, and the container carries a label by which it is found, whatever has
 * become of the call; when this resolves, neither is left.
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
  const { system, compose } = context;
  const token = system.random.hex(8);
  const { name } = await context.project();
  const run = ['run', '--rm', '--no-TTY', '--interactive=false', '--no-deps', '--quiet-pull'];
  const child = await system.processes.startPiped({
    argv: composeArgv(context, {
      files,
      isQuiet: true,
      args: [...run, '--name', `${name}-${own}-run-${token}`, '--label', `${LABELS.command}=${token}`, own, ...command],
    }),
    cwd: compose.folder,
    environment: { ...system.environment, COMPOSE_IGNORE_ORPHANS: '1' },
  });
  let path: string | undefined;
  try {
    const tool = system.processes.self();
    path = await recordCommand(context, service, { slot: slot?.name, child: child.identity, tool, graceMs, token });
    if (slot) await context.fence.assertCurrent(slot.epoch);
    options.signal.throwIfAborted();
    child.release();
    const stop = () => stopContainers(context, token, graceMs);
    const end = await attendCommand(system, child, { ...options, stop });
    if (end.code !== 0 && saysNoProgram(end.said))
      throw missingProgram(`${service} (${command.join(' ')})`, command[0] ?? '');
    return end;
  } finally {
    child.abandon();
    await endCall(context, { token, child: child.identity, graceMs });
    if (path !== undefined) await system.files.remove(path);
  }
}

/** As the contract says; the containers first, so that their programs are told to end before the call is. */
export async function endCommands(context: ComposeContext, service: string, ending: CommandsToEnd): Promise<void> {
  for (const { path, token, record } of await findCommandsToEnd(context, service, ending)) {
    await endCall(context, { token, ...record });
    await context.system.files.remove(path);
  }
}

/** The container first, so that its program is told to end, and the call can say how it did. */
async function endCall(
  context: ComposeContext,
  { token, child, graceMs }: { readonly token: string; readonly child: ProcessIdentity; readonly graceMs: number },
): Promise<void> {
  const { clock, processes } = context.system;
  if (await stopContainers(context, token, graceMs)) {
    const until = clock.monotonicMs() + CALL_ENDS_MS;
    while (processes.groupState(child) === 'alive' && clock.monotonicMs() < until) await clock.sleep(POLL_MS);
  }
  await terminateGroup(context.system, child, graceMs);
  // It may have made one before it ended.
  await stopContainers(context, token, 0);
  for (const { Id } of await listContainers(context, [`${LABELS.command}=${token}`]))
    await context.engine.request({ method: 'DELETE', path: `/containers/${Id}?force=1&v=1`, accepts: [404, 409] });
}

/** Whether there was one that ran. */
async function stopContainers(context: ComposeContext, token: string, graceMs: number): Promise<boolean> {
  const containers = await listContainers(context, [`${LABELS.command}=${token}`]);
  const running = containers.filter(({ State }) => State.Status === 'running');
  for (const { Id } of running) {
    const path = `/containers/${Id}/stop?t=${Math.ceil(graceMs / 1000)}`;
    const timeoutMs = graceMs + ENGINE_MS;
    await context.engine.request({ method: 'POST', path, accepts: [304, 404], timeoutMs });
  }
  return running.length > 0;
}
