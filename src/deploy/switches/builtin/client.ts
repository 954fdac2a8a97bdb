import { OnwardError } from '../../../model/index.ts';
import type { HttpResponse, ProcessIdentity, System } from '../../../system/index.ts';
import type { FrontendObservation, Switch } from '../switch.ts';
import { adminSocketPath } from './admin-socket.ts';
import { handOverFailed, notAnswering, notRunning, notStarted } from './errors.ts';
import { logFilePath } from './log-file.ts';
import { switchDirectory } from './place.ts';
import { decodeError, observationSchema, parseMessage, statusSchema } from './wire.ts';

const ANSWER_MS = 30_000;
const START_MS = 15_000;
const RETRY_MS = 20;
/** How long a switch that is being handed over, or that just went away, is asked again. */
const SETTLE_MS = 5_000;
const LOG_TAIL_CHARACTERS = 2_000;

export interface BuiltinSwitchOptions {
  /** Of the deployment; the switch keeps its own folder in it. */
  readonly stateDirectory: string;
  /** The bundled program of the switch. */
  readonly program: string;
}

/** The process that runs, beside the program that would be started now. */
export interface RunningProgram {
  /** Of the Onward that it came with; `undefined` when it is too old to say. */
  readonly version: string | undefined;
  /** True when it is the program given at creation, byte by byte. */
  readonly isOwn: boolean;
}

export interface BuiltinSwitch extends Switch {
  /** `undefined` when it does not run. */
  observeProgram(): Promise<RunningProgram | undefined>;
  /**
   * Lets the program given at creation take over from the process that runs, without a request noticing; it sends requests where the
   * old one sent them, which is why no epoch guards this. Throws `switch.hand-over-failed` when the old one goes on instead.
   */
  handOver(): Promise<void>;
}

/** The switch that Onward brings along: a process of its own that outlives the tool. Each call talks to it, and remembers nothing. */
export function createBuiltinSwitch(system: System, options: BuiltinSwitchOptions): BuiltinSwitch {
  const call = (request: AdminRequest) => callSwitch(system, options, request);
  const pathOf = (service: string) => `/frontends/${encodeURIComponent(service)}`;
  const observeProgram = async () => {
    const answer = await call({ method: 'GET', path: '/status' });
    if (!answer) return undefined;
    const { program } = parseMessage(answer.body, statusSchema);
    return { version: program?.version, isOwn: program?.digest === (await system.files.sha256(options.program)) };
  };
  return {
    observeProgram,
    // It is started when it is needed. Whether its address is free is asked of the machine.
    check: async () => undefined,
    async observe(service) {
      const answer = await call({ method: 'GET', path: pathOf(service) });
      return answer?.status === 200 ? (parseMessage(answer.body, observationSchema) as FrontendObservation) : undefined;
    },
    async open(frontend, epoch) {
      if (!frontend.listen) throw new Error(`The builtin switch is not told where to listen for ${frontend.service}`);
      for (;;) {
        await ensureRunning(system, options);
        // It may have ended in between, because its last frontend was closed.
        if (await call({ method: 'PUT', path: pathOf(frontend.service), body: { frontend, epoch } })) return;
      }
    },
    async change(service, change, epoch) {
      if (!(await call({ method: 'PUT', path: `${pathOf(service)}/traffic`, body: { change, epoch } })))
        throw notRunning();
    },
    async close(service, epoch) {
      await call({ method: 'DELETE', path: pathOf(service), body: { epoch } });
    },
    async handOver() {
      if (!(await call({ method: 'POST', path: '/handover', body: { program: options.program } }))) throw notRunning();
      const found = await observeProgram();
      if (found?.isOwn !== true) throw handOverFailed(options.program, 'another program answers now');
    },
  };
}

interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

/**
 * One answer of the switch, `undefined` when it does not run. Every request may be sent twice: a connection that is lost under it is
 * how a switch looks that ends or is handed over.
 */
async function callSwitch(
  { http, clock }: System,
  { stateDirectory }: BuiltinSwitchOptions,
  request: AdminRequest,
): Promise<HttpResponse | undefined> {
  const socketPath = adminSocketPath(switchDirectory(stateDirectory));
  const deadlineMs = clock.monotonicMs() + SETTLE_MS;
  for (;;) {
    try {
      const answer = await http.send({
        method: request.method,
        url: `http://switch${request.path}`,
        socketPath,
        timeoutMs: ANSWER_MS,
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      if (answer.status === 200 || answer.status === 404) return answer;
      const error = decodeError(answer.body);
      if (error.code !== 'switch.handed-over' || clock.monotonicMs() > deadlineMs) throw error;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
      if (code !== 'ECONNRESET' && code !== 'EPIPE')
        throw error instanceof OnwardError ? error : notAnswering(socketPath, error);
      if (clock.monotonicMs() > deadlineMs) throw notAnswering(socketPath, error);
    }
    await clock.sleep(RETRY_MS);
  }
}

/** Starts the switch when nobody answers. When two tools do so at once, one of the two processes goes away again. */
async function ensureRunning(system: System, options: BuiltinSwitchOptions): Promise<void> {
  const { files, processes, clock } = system;
  const directory = switchDirectory(options.stateDirectory);
  const isAnswering = async () => (await callSwitch(system, options, { method: 'GET', path: '/status' })) !== undefined;
  if (await isAnswering()) return;
  await files.makeFolder(directory, 0o700);
  const logFile = logFilePath(directory);
  const logged = (await files.readTextIfPresent(logFile))?.length ?? 0;
  const start = (): Promise<ProcessIdentity> =>
    processes.startDetached({
      argv: [process.execPath, options.program, options.stateDirectory],
      cwd: directory,
      environment: {},
      logFile,
    });
  let started = await start();
  const deadlineMs = clock.monotonicMs() + START_MS;
  while (!(await isAnswering())) {
    if (processes.state(started) !== 'alive') {
      const text = (await files.readTextIfPresent(logFile)) ?? '';
      // A shorter one is new.
      const log = text.length < logged ? text : text.slice(logged);
      if (log !== '' || clock.monotonicMs() > deadlineMs) throw notStarted(logFile, log.slice(-LOG_TAIL_CHARACTERS));
      // It went away because another one had started, which may itself have been about to end.
      started = await start();
    }
    if (clock.monotonicMs() > deadlineMs) throw notStarted(logFile, '');
    await clock.sleep(RETRY_MS);
  }
}
