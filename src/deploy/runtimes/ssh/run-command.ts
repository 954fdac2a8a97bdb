import { OnwardError } from '../../../model/index.ts';
import { saysNoProgram, unwrapContainerEnd } from '../container-exit.ts';
import { missingProgram } from '../errors.ts';
import type { CommandEnd, CommandOptions, CommandSpec } from '../runtime.ts';
import { fencedScript } from './change-instances.ts';
import { isImage, listContainerWords } from './container-words.ts';
import { renderEnvironmentFile } from './environment-file.ts';
import { noDocker } from './errors.ts';
import { escapeVariables, splitCommand } from './exec-line.ts';
import { quote } from './quote.ts';
import { type Script, ScriptExit } from './script.ts';
import { END_COMMANDS, END_OF_COMMAND, RUN_COMMAND } from './scripts/command.ts';
import { LOG_IN } from './scripts/greeting.ts';
import { allHosts, baseVariables, configOf, type SshContext } from './ssh-context.ts';

const SAID_BYTES = 8_192;
/** What a command that is to end is told; a tool that is gone says nothing. */
const STOP = 'stop';
/** Of a command that moves rows for days; a timer cannot hold more. */
const LONGEST_MS = 2_000_000_000;

/**
 * Runs a command on the first host of its service, as a transient unit. Its output comes through the connection, and its end is asked for
 * through standard input: a tool that is killed, or a connection that is cut, ends the command.
 */
export async function runCommand(context: SshContext, spec: CommandSpec, options: CommandOptions): Promise<CommandEnd> {
  const { service, artifact, command, graceMs, slot } = spec;
  const { hosts, unit } = configOf(context, service);
  const host = hosts[0] ?? '';
  const label = `${service} (${command.join(' ')})`;
  options.signal.throwIfAborted();
  const environment = { ...describeCommand(spec), ...spec.environment, ...identify(spec) };
  const { program, args } = isImage(artifact)
    ? { program: 'docker', args: listContainerWords({ id: label, artifact, command, environment }) }
    : splitCommand({ id: label, artifact, command });
  const prefix = unitPrefix(context, service);
  const name = `${prefix}${slot ? `s.${slot.name}.` : 'q.'}${context.system.random.hex(6)}.service`;
  const script = fencedScript(context, `run a command of ${service}`, {
    epoch: slot?.epoch ?? 0,
    text: RUN_COMMAND,
    variables: {
      ...{ NAME: name, SLOT_PATTERN: slot ? `${prefix}s.${slot.name}.*` : '', UNIT: unit, SERVICE: service },
      ...{ ARTIFACT: artifact, PROGRAM: program, GRACE_MS: graceMs, STOP },
      ARGV: args.map((arg) => quote(escapeVariables(arg))).join(' '),
      ENVIRONMENT: renderEnvironmentFile(environment),
    },
  });
  // One that changes something is begun once, on a connection that was there a moment ago: whether it runs again is the caller's to say.
  if (slot) await context.connections.run(host, LOG_IN);
  const said = await attend(context, { host, script, label, isOnlyAsking: slot === undefined, options });
  const { stdout } = await context.connections.run(host, askForEnd(context, name));
  const end = readEnd(stdout);
  if (!isImage(artifact)) return { ...end, said };
  if (end.code !== 0 && saysNoProgram(said)) throw missingProgram(label, `${command[0]} in ${artifact}`);
  return { ...unwrapContainerEnd(end), said };
}

function describeCommand({ service, release }: CommandSpec): { readonly [name: string]: string } {
  return { PGAPPNAME: `${service}@${release}` };
}

function identify({ service, release }: CommandSpec): { readonly [name: string]: string } {
  return { ONWARD_SERVICE: service, ONWARD_RELEASE: release };
}

/** Listens until it has ended; closes its standard input when it is asked to end. */
async function attend(
  { connections, system }: SshContext,
  asked: {
    readonly host: string;
    readonly script: Script;
    readonly label: string;
    readonly isOnlyAsking: boolean;
    readonly options: CommandOptions;
  },
): Promise<string> {
  const { host, script, label, isOnlyAsking, options } = asked;
  let stop = () => {};
  const isOver = new Promise<void>((resolve) => {
    stop = resolve;
  });
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  try {
    const { stderr, exitCode } = await connections.run(host, script, {
      limitMs: LONGEST_MS,
      patience: isOnlyAsking ? 'none' : 'never-again',
      input: () => untilOver(isOver),
      onStdout: options.onOutput,
      ...(options.onErrors ? { onStderr: options.onErrors } : {}),
      expected: [ScriptExit.noProgram, ScriptExit.noDocker],
    });
    if (exitCode === ScriptExit.noProgram) throw missingProgram(label, `${stderr} on ${host}`);
    if (exitCode === ScriptExit.noDocker) throw noDocker(host, stderr);
    return system.redaction.apply(stderr).slice(-SAID_BYTES).trimEnd();
  } finally {
    options.signal.removeEventListener('abort', stop);
    stop();
  }
}

async function* untilOver(isOver: Promise<void>): AsyncIterable<Buffer> {
  await isOver;
  yield Buffer.from(`${STOP}\n`);
}

function askForEnd(context: SshContext, name: string): Script {
  const variables = { ...baseVariables(context), NAME: name };
  return { action: 'ask how a command ended', variables, text: END_OF_COMMAND };
}

/** `exited 7` or `killed TERM`; nothing when it never ran. */
function readEnd(text: string): Pick<CommandEnd, 'code' | 'signal'> {
  const [, kind, status = ''] = /^(\w+) (\w+)$/.exec(text.trim()) ?? [];
  if (kind === 'exited') return { code: Number(status), signal: null };
  return { code: null, signal: kind === undefined ? null : `SIG${status}` };
}

export async function endCommands(context: SshContext, service: string, epoch: number): Promise<void> {
  await Promise.all(allHosts(context).map((host) => endOnHost(context, { host, service, epoch })));
}

/** One on a host that is away cannot be ended; what it may hold in a database is found by whoever needs it. */
export async function endAbandonedCommands(context: SshContext, service: string): Promise<void> {
  const { hosts } = configOf(context, service);
  await Promise.all(
    hosts.map((host) =>
      endOnHost(context, { host, service }).catch((error: unknown) => {
        if (!(error instanceof OnwardError)) throw error;
        context.system.log.emit({ type: 'ssh.host-unknown', host, service, why: error.message });
      }),
    ),
  );
}

async function endOnHost(
  context: SshContext,
  ending: { readonly host: string; readonly service: string; readonly epoch?: number },
): Promise<void> {
  const { host, service, epoch } = ending;
  const script = fencedScript(context, `end commands of ${service}`, {
    epoch: epoch ?? 0,
    text: END_COMMANDS,
    variables: { PREFIX: unitPrefix(context, service), WHICH: epoch === undefined ? 'abandoned' : 'slots', UNIT: '' },
  });
  const graceMs = context.services.find(({ name }) => name === service)?.graceMs ?? 0;
  const patience = epoch === undefined ? { patience: 'none' as const } : {};
  await context.connections.run(host, script, { limitMs: 60_000 + 4 * graceMs, ...patience });
}

/** A dot cannot stand in the name of a deployment or of a service. */
function unitPrefix({ deployment }: SshContext, service: string): string {
  return `onward.${deployment}.${service}.`;
}
