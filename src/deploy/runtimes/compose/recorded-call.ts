import type { PipedProcess, ProcessIdentity } from '../../../system/index.ts';
import { type CommandsToEnd, findCommandsToEnd, recordCommand } from '../process/command-records.ts';
import { terminateGroup } from '../process/terminate-group.ts';
import type { CommandEnd, CommandOptions, CommandSpec } from '../runtime.ts';
import { attendCommand } from './attend-command.ts';
import { type ComposeCall, composeArgv } from './compose-cli.ts';
import type { ComposeContext } from './compose-context.ts';
import { listContainers } from './containers.ts';
import { LABELS } from './labels.ts';

/** What the engine's own calls may take beyond the grace period of a container. */
const ENGINE_MS = 20_000;
const CALL_ENDS_MS = 2_000;
const POLL_MS = 20;

export interface RecordedCall extends ComposeCall {
  readonly service: string;
  /** The container that the call runs, if it does, has it as its label. */
  readonly token: string;
  readonly slot?: CommandSpec['slot'];
  readonly graceMs: number;
  /** Lets the call begin, when it may. */
  readonly begin?: (call: PipedProcess, release: () => Promise<void>) => Promise<void>;
}

/**
 * Runs a call of Compose that makes something, to its end. Its identity is on disk before it may begin, so that whoever goes on for a tool that was
 * killed ends it first; when this resolves, neither it nor its container is left.
 */
export async function runRecorded(
  context: ComposeContext,
  { service, token, slot, graceMs, begin, ...call }: RecordedCall,
  options: CommandOptions,
): Promise<CommandEnd> {
  const { system, compose } = context;
  const child = await system.processes.startPiped({
    argv: composeArgv(context, call),
    cwd: compose.folder,
    environment: { ...system.environment, COMPOSE_IGNORE_ORPHANS: '1' },
  });
  let path: string | undefined;
  const release = async (): Promise<void> => {
    if (slot) await context.fence.assertCurrent(slot.epoch);
    options.signal.throwIfAborted();
    child.release();
  };
  try {
    const tool = system.processes.self();
    path = await recordCommand(context, service, { slot: slot?.name, child: child.identity, tool, graceMs, token });
    const stop = () => stopContainers(context, token, graceMs);
    const begun = begin ? begin(child, release) : release();
    const [end] = await Promise.all([attendCommand(system, child, { ...options, stop }), begun]);
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
