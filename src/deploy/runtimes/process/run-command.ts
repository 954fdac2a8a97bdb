import type { PipedProcess, System } from '../../../system/index.ts';
import { missingProgram } from '../errors.ts';
import type { CommandEnd, CommandOptions, CommandSpec } from '../runtime.ts';
import { childArgv, commandEnvironment } from './child-process.ts';
import { endCommands, recordCommand } from './command-records.ts';
import type { ProcessContext } from './process-context.ts';
import { terminateGroup } from './terminate-group.ts';

const SAID_BYTES = 8_192;
/** A process that left the session of the command may keep its output open for ever. */
const OUTPUT_LIMIT_MS = 2_000;

/**
 * Runs a command in a session of its own. Its identity is on disk before its program may run, and the epoch is looked at in between: either
 * this tool sees that another one has come, or that one finds the command.
 */
export async function runCommand(
  context: ProcessContext,
  spec: CommandSpec,
  options: CommandOptions,
): Promise<CommandEnd> {
  const { system } = context;
  const { service, graceMs, slot } = spec;
  options.signal.throwIfAborted();
  const argv = await resolveArgv(context, spec);
  if (slot) await endCommands(context, service, { slot: { name: slot.name } });
  const child = await system.processes.startPiped({
    argv,
    cwd: spec.artifact,
    environment: commandEnvironment(spec, system.environment),
  });
  let path: string | undefined;
  try {
    const tool = system.processes.self();
    path = await recordCommand(context, service, { slot: slot?.name, child: child.identity, tool, graceMs });
    if (slot) await context.fence.assertCurrent(slot.epoch);
    options.signal.throwIfAborted();
    child.release();
    return await attend(context, child, { graceMs, ...options });
  } finally {
    child.abandon();
    await terminateGroup(system, child.identity, graceMs);
    if (path !== undefined) await system.files.remove(path);
  }
}

/** Reads what it writes until it has ended, by itself or because it was asked to. */
async function attend(
  { system }: ProcessContext,
  child: PipedProcess,
  { graceMs, onOutput, onErrors, signal }: CommandOptions & { readonly graceMs: number },
): Promise<CommandEnd> {
  let said = Buffer.alloc(0);
  child.stderr.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk]).subarray(-2 * SAID_BYTES);
    onErrors?.(chunk);
  });
  child.stdout.on('data', onOutput);
  let stop = () => {};
  // Settles only when it is asked to stop and cannot be.
  const unstoppable = new Promise<never>((_, reject) => {
    stop = () => void terminateGroup(system, child.identity, graceMs).catch(reject);
  });
  unstoppable.catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const { code, signal: endedBy } = await Promise.race([child.ended, unstoppable]);
    const limit = new AbortController();
    await Promise.race([child.outputEnded, system.clock.sleep(OUTPUT_LIMIT_MS, limit.signal).catch(() => {})]);
    limit.abort(new Error('the output ended'));
    return { code, signal: endedBy, said: tellLast(system, said) };
  } finally {
    signal.removeEventListener('abort', stop);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Redacted before it is cut, so that no part of a secret is left at its beginning. */
function tellLast({ redaction }: System, said: Buffer): string {
  return redaction.apply(said.toString('utf8')).slice(-SAID_BYTES).trimEnd();
}

/** Throws `runtime.no-program` when the artifact or its program is not there. */
async function resolveArgv(
  { system }: ProcessContext,
  { service, artifact, command }: CommandSpec,
): Promise<readonly string[]> {
  const id = `${service} (${command.join(' ')})`;
  if (!(await system.files.isFolder(artifact))) throw missingProgram(id, artifact);
  const argv = childArgv({ id, artifact, command }, process.execPath);
  if (!(await system.files.exists(argv[0]))) throw missingProgram(id, argv[0]);
  return argv;
}
