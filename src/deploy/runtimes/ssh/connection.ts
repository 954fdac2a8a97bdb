import type { System } from '../../../system/index.ts';
import { fenced } from '../../fence-file.ts';
import { type ConnectionFailure, classifyFailure } from './connection-failure.ts';
import { chooseControlPath } from './control-path.ts';
import { connectionFailed, hostBusy, noRoomOnHost, notRoot, scriptFailed, timedOut, unsuitable } from './errors.ts';
import { createLimit } from './limit.ts';
import { renderLauncher, renderScript, type Script, ScriptExit } from './script.ts';
import { GREETING } from './scripts/greeting.ts';

export interface ConnectionOptions {
  /** A configuration file for ssh; the user's own when left out. */
  readonly sshConfig?: string;
  /** Where the sockets of shared connections are (0700). */
  readonly folder: string;
  readonly connectTimeoutMs: number;
}

export interface RunOptions {
  /** For the script to end, once it has been sent. */
  readonly limitMs?: number;
  /** Follows the script on its standard input. */
  readonly input?: () => AsyncIterable<Buffer>;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** A look is not worth waiting for a host that is away; an action is. What may have begun is sent again by nobody but the caller. */
  readonly patience?: 'none' | 'never-again';
}

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  /** 0, or one of those that the caller knows. */
  readonly exitCode: number;
}

/** The hosts of a deployment, each reached through one shared connection. */
export interface Connections {
  /**
   * Runs a script on a host. A connection that is lost on the way is made again for a while, and the script sent again: every script can be
   * repeated, unless `patience` says otherwise. Rejects with `deploy.fenced`, `ssh.*` and, for an exit code that `expected` does not name, `ssh.failed`.
   */
  run(host: string, script: Script, options?: RunOptions & { readonly expected?: readonly number[] }): Promise<Answer>;
  /** What ssh makes of the name of a host. */
  resolve(host: string): Promise<string>;
}

const LIMIT_MS = 60_000;
const GREETING_LIMIT_MS = 15_000;
/** sshd lets 10 sessions share a connection unless told; some are left for people. */
const SESSIONS = 6;
/** How long an action waits for a host to come back that it was connected to. */
const PATIENCE_MS = 10_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

export function createConnections(system: System, options: ConnectionOptions): Connections {
  const hosts = new Map<string, HostState>();
  const stateOf = (host: string): HostState => {
    const state = hosts.get(host) ?? { limit: createLimit(SESSIONS), wasReached: false, isOpen: false };
    hosts.set(host, state);
    return state;
  };
  const link: Link = { system, options };
  return {
    run: (host, script, more = {}) => runPatiently(link, stateOf(host), { host, script, ...more }),
    async resolve(host) {
      const { stdout } = await system.exec.run([...baseArgv(options), '-G', '--', host], { timeoutMs: 10_000 });
      return /^hostname (.+)$/m.exec(stdout)?.[1] ?? host;
    },
  };
}

interface HostState {
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>;
  /** Set while the shared connection is being made. */
  opening?: Promise<Attempt> | undefined;
  isOpen: boolean;
  wasReached: boolean;
}

interface Link {
  readonly system: System;
  readonly options: ConnectionOptions;
}

interface Request extends RunOptions {
  readonly host: string;
  readonly script: Script;
  readonly expected?: readonly number[];
}

async function runPatiently(link: Link, state: HostState, request: Request): Promise<Answer> {
  const { clock, log } = link.system;
  const { host, script } = request;
  let deadline: number | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const attempt = await state.limit(() => runInTurn(link, state, request));
    if (attempt.kind === 'answer') return judge(request, attempt.answer);
    if (attempt.kind === 'timed-out') throw timedOut(host, script.action, request.limitMs ?? LIMIT_MS);
    deadline ??= clock.monotonicMs() + PATIENCE_MS;
    const mayComeBack = attempt.failure === 'lost' || (attempt.failure === 'unreachable' && state.wasReached);
    // A connection that broke while nobody used it is made again even for a look.
    const isFirst = attempt.failure === 'lost' && pauseMs === FIRST_PAUSE_MS;
    const isWorthIt = request.patience === undefined || (request.patience === 'none' && isFirst);
    if (!mayComeBack || !isWorthIt || clock.monotonicMs() > deadline) {
      const command = [...(link.options.sshConfig ? ['ssh', '-F', link.options.sshConfig] : ['ssh']), host].join(' ');
      throw connectionFailed({ host, action: script.action, failure: attempt.failure, command, said: attempt.said });
    }
    log.emit({ type: 'ssh.reconnecting', host, action: script.action, why: attempt.failure });
    await clock.sleep(pauseMs);
  }
}

/**
 * The first one on a host makes the connection that the others share, and looks whether the host has what scripts need. Those that come
 * meanwhile share what came of it, so that a host which is away is waited for once.
 */
async function runInTurn(link: Link, state: HostState, request: Request): Promise<Attempt> {
  if (!state.isOpen) {
    state.opening ??= greet(link, state, request.host);
    const greeted = await state.opening;
    if (greeted.kind !== 'answer') return greeted;
    if (greeted.answer.exitCode === ScriptExit.unsuitable) throw unsuitable(request.host, greeted.answer.stderr);
    judge({ host: request.host, script: GREETING }, greeted.answer);
  }
  const attempt = await runOnce(link, request);
  if (attempt.kind !== 'answer') state.isOpen = false;
  if (attempt.kind === 'timed-out') await closeConnection(link, request.host);
  return attempt;
}

async function greet(link: Link, state: HostState, host: string): Promise<Attempt> {
  try {
    const greeted = await runOnce(link, { host, script: GREETING, limitMs: GREETING_LIMIT_MS });
    if (greeted.kind === 'answer' && greeted.answer.exitCode === 0) {
      state.isOpen = true;
      state.wasReached = true;
    }
    return greeted;
  } finally {
    state.opening = undefined;
  }
}

/** One that no longer answers would keep the next script waiting too. */
async function closeConnection({ system, options }: Link, host: string): Promise<void> {
  const { path, cwd } = chooseControlPath(options.folder);
  const argv = [...baseArgv(options), '-o', `ControlPath=${path}`, '-O', 'exit', '--', host];
  await system.exec.run(argv, { timeoutMs: 5_000, ...(cwd === undefined ? {} : { cwd }) }).catch(() => {});
}

type Attempt =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'failure'; readonly failure: ConnectionFailure; readonly said: string }
  | { readonly kind: 'timed-out' };

async function runOnce({ system, options }: Link, request: Request): Promise<Attempt> {
  const { host, script, input, limitMs = LIMIT_MS, onStdout, onStderr } = request;
  const control = chooseControlPath(options.folder);
  await system.files.makeFolder(options.folder, 0o700);
  const bytes = renderScript(script);
  const argv = [
    ...baseArgv(options),
    ...connectionArgv(options, control.path),
    '--',
    host,
    renderLauncher(bytes.length),
  ];
  const {
    exitCode,
    stdout,
    stderr,
    timedOut: isLate,
  } = await system.exec.run(argv, {
    timeoutMs: limitMs + options.connectTimeoutMs,
    input: join(bytes, input),
    ...(control.cwd === undefined ? {} : { cwd: control.cwd }),
    ...(onStdout ? { onStdout } : {}),
    ...(onStderr ? { onStderr } : {}),
  });
  if (isLate) return { kind: 'timed-out' };
  if (exitCode === null || exitCode === 255)
    return { kind: 'failure', failure: classifyFailure(stderr), said: system.redaction.apply(stderr).trim() };
  return { kind: 'answer', answer: { stdout, stderr: system.redaction.apply(stderr).trim(), exitCode } };
}

async function* join(script: Buffer, more?: () => AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield script;
  if (more) yield* more();
}

function judge({ host, script, expected = [] }: Request, answer: Answer): Answer {
  const { exitCode, stdout, stderr } = answer;
  if (exitCode === 0 || expected.includes(exitCode)) return answer;
  switch (exitCode) {
    case ScriptExit.fenced: {
      const [, epoch, seen] = /epoch (\d+) is lower than (\d+)/.exec(stderr) ?? [];
      throw fenced(Number(epoch), Number(seen));
    }
    case ScriptExit.busy:
      throw hostBusy(host, script.action);
    case ScriptExit.noRoom:
      throw noRoomOnHost(host, script.action);
    case ScriptExit.notRoot:
      throw notRoot(host);
    default:
      if (/No space left on device/.test(stderr)) throw noRoomOnHost(host, script.action);
      throw scriptFailed({ host, action: script.action, exitCode, said: stderr || stdout.slice(-2_000).trim() });
  }
}

function baseArgv({ sshConfig }: ConnectionOptions): readonly string[] {
  return ['ssh', ...(sshConfig === undefined ? [] : ['-F', sshConfig])];
}

/** Whom to trust, and how to get in, is left to the configuration of ssh. */
function connectionArgv({ connectTimeoutMs }: ConnectionOptions, controlPath: string): readonly string[] {
  const settings = [
    'BatchMode=yes',
    `ConnectTimeout=${Math.max(1, Math.ceil(connectTimeoutMs / 1000))}`,
    'ControlMaster=auto',
    `ControlPath=${controlPath}`,
    'ControlPersist=60',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    'LogLevel=ERROR',
    'RequestTTY=no',
    'RemoteCommand=none',
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'PermitLocalCommand=no',
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}
