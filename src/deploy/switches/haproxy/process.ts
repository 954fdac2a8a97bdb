import type { AdminAddress } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import type { OtherServers } from '../switch.ts';
import type { HaproxyConfig } from './config.ts';
import { notLoaded, notReloaded, notRunning, refused, tooOld, unreadable } from './errors.ts';
import { type BackendFacts, parseBackend } from './facts.ts';
import { parseOthers, type StatTexts } from './other-servers.ts';
import { RESOLVERS } from './render-backend.ts';
import { createRuntimeApi, type SendCommand } from './runtime-api.ts';

const OLDEST = '2.6';
const RELOAD_MS = 15_000;
const MASTER_MS = 5_000;
/** For a HAProxy that is started again, by its service manager or the operator: its file says what it has to do then. */
const RESTART_MS = 15_000;
const POLL_MS = 20;
const MOST_LOOKS = 5;
/** Nothing, or what it says to a change that it has made. */
const DONE = /^$|^New server registered\.$|changed|^no need/;

export interface HaproxyLimits {
  /** For HAProxy to answer one command; 5 s unless told. */
  readonly answerMs?: number;
  /** For a HAProxy that does not run to be started again, once a run depends on it; 15 s unless told. */
  readonly restartMs?: number;
}

/** The HAProxy that a backend is in: the process that takes new requests, and those that only finish theirs. */
export interface HaproxyProcess {
  /** Sends a command whose answer the caller judges; throws when it does not run. */
  ask(command: string): Promise<string>;
  /** `undefined` when it does not run, `missing` when it has no such backend. */
  observe(): Promise<BackendFacts | 'missing' | undefined>;
  /** As `observe`; waits for one that is started again, and throws `switch.haproxy-not-running` after 15 s unless told. */
  awaitRunning(): Promise<BackendFacts | 'missing'>;
  /** As `awaitRunning`; throws when it has no such backend. */
  require(): Promise<BackendFacts>;
  /**
   * The processes from before a reload, which only finish what they have, where the master's command line is known. They take no
   * changes any more.
   */
  observeEarlier(): Promise<readonly BackendFacts[]>;
  /** All of its servers in other backends; `undefined` when it does not run. */
  observeOthers(): Promise<Omit<OtherServers, 'isOnThisMachine'> | undefined>;
  /** Changes something. Throws `switch.haproxy-refused` with what HAProxy says when it does not. */
  tell(command: string): Promise<void>;
  /** Whether it finds containers of its project by their names. */
  canResolve(): Promise<boolean>;
  /** Throws when there is a master's command line and nobody listens on it. */
  assertMaster(): Promise<void>;
  /** Whether a reload can be asked for. */
  readonly canReload: boolean;
  /** Resolves once another process answers. */
  reload(): Promise<void>;
}

export function createHaproxyProcess(system: System, config: HaproxyConfig, limits: HaproxyLimits): HaproxyProcess {
  const { backend, admin, file } = config;
  const send = createRuntimeApi(admin, limits);
  const askMaster = config.master === undefined ? undefined : createPatientApi(system, config.master);
  const ask = async (command: string): Promise<string> => {
    const answer = await send(command);
    if (answer === undefined) throw notRunning(admin);
    return answer;
  };
  const observe = () => observeBackend(send, backend);
  const awaitRunning = async () => {
    const deadlineMs = system.clock.monotonicMs() + (limits.restartMs ?? RESTART_MS);
    for (;;) {
      const facts = await observe();
      if (facts) return facts;
      if (system.clock.monotonicMs() > deadlineMs) throw notRunning(admin);
      await system.clock.sleep(POLL_MS);
    }
  };
  return {
    ask,
    observe,
    awaitRunning,
    observeEarlier: async () => (askMaster ? observeEarlier(askMaster, backend) : []),
    observeOthers: () => observeOthers({ send, askMaster }, backend),
    async require() {
      const facts = await awaitRunning();
      if (facts === 'missing') throw notLoaded(backend, file);
      return facts;
    },
    async tell(command) {
      const lines = (await ask(command)).split('\n');
      if (!lines.every((line) => DONE.test(line))) throw refused(command, lines.join('\n'));
    },
    canResolve: async () => (await ask(`show resolvers ${RESOLVERS}`)).startsWith('Resolvers section'),
    async assertMaster() {
      await askMaster?.('show proc');
    },
    canReload: askMaster !== undefined,
    reload: () => (askMaster ? reload(system, { config, askMaster, send }) : Promise.resolve()),
  };
}

/** What is asked of the counts, and of the servers. */
type StatQuestions = readonly [stat: string, state: string];

/** Of all frontends, backends and servers. */
const ALL_SERVERS: StatQuestions = ['show stat -1 7 -1', 'show servers state'];

type AskCommand = (command: string) => Promise<string>;

/** The master starts itself anew after each load, and nobody answers for a moment. Nothing may be taken for an answer then. */
function createPatientApi({ clock }: System, address: AdminAddress): AskCommand {
  const send = createRuntimeApi(address);
  return async (command) => {
    const deadlineMs = clock.monotonicMs() + MASTER_MS;
    for (;;) {
      const isLate = clock.monotonicMs() > deadlineMs;
      const answer = await send(command).catch((error: unknown) => {
        if (isLate) throw error;
      });
      if (answer !== undefined) return answer;
      if (isLate) throw notRunning(address);
      await clock.sleep(POLL_MS);
    }
  };
}

async function observeBackend(send: SendCommand, backend: string): Promise<BackendFacts | 'missing' | undefined> {
  const [info, stat, state, table] =
    (await askOneProcess(send, ['show stat -1 6 -1', `show servers state ${backend}`, `show table ${backend}`])) ?? [];
  if (info === undefined || stat === undefined || state === undefined || table === undefined) return undefined;
  if (state.startsWith("Can't find backend")) return 'missing';
  return parseBackend(backend, { info, stat, state, table }) ?? 'missing';
}

async function observeOthers(
  { send, askMaster }: { readonly send: SendCommand; readonly askMaster?: AskCommand | undefined },
  backend: string,
): Promise<Omit<OtherServers, 'isOnThisMachine'> | undefined> {
  const [info, stat, state] = (await askOneProcess(send, ALL_SERVERS)) ?? [];
  if (info === undefined || stat === undefined || state === undefined) return undefined;
  const earlier = askMaster ? await askEarlier(askMaster, ALL_SERVERS) : [];
  return parseOthers(backend, { info, stat, state }, earlier);
}

/** The answer to `show info` and those to the questions. Looks until one process has given all of them: a reload may come in between. */
async function askOneProcess(send: SendCommand, questions: readonly string[]): Promise<readonly string[] | undefined> {
  for (let look = 1; ; look += 1) {
    const info = await send('show info');
    const answers = await Promise.all(questions.map((question) => send(question)));
    const again = await send('show info');
    const known = answers.flatMap((answer) => answer ?? []);
    if (info === undefined || known.length < questions.length) return undefined;
    assertVersion(info);
    if (pidOf(info) === pidOf(again ?? '') || look === MOST_LOOKS) return [info, ...known];
  }
}

async function observeEarlier(ask: AskCommand, backend: string): Promise<readonly BackendFacts[]> {
  const found = await askEarlier(ask, ['show stat -1 6 -1', `show servers state ${backend}`]);
  return found.flatMap((texts) => parseBackend(backend, { ...texts, table: '' }) ?? []);
}

/** The answers of each process from before a reload that still knows what it is asked about. */
async function askEarlier(ask: AskCommand, [stats, states]: StatQuestions): Promise<readonly StatTexts[]> {
  const found: StatTexts[] = [];
  for (const pid of parseProcesses(await ask('show proc')).earlier) {
    const [info, stat, state] = await Promise.all([
      ask(`@!${pid} show info`),
      ask(`@!${pid} ${stats}`),
      ask(`@!${pid} ${states}`),
    ]);
    // It may have ended in between, or be from before there was such a backend.
    if (![info, stat, state].some((text) => text.startsWith("Can't find"))) found.push({ info, stat, state });
  }
  return found;
}

function pidOf(info: string): string | undefined {
  return /^Pid: (\d+)$/m.exec(info)?.[1];
}

interface ReloadOptions {
  readonly config: HaproxyConfig;
  readonly askMaster: AskCommand;
  readonly send: SendCommand;
}

async function reload({ clock }: System, { config, askMaster, send }: ReloadOptions): Promise<void> {
  const { backend, file, master } = config;
  if (master === undefined) return;
  const { failed, workers } = parseProcesses(await askMaster('show proc'));
  // Whether it was heard is seen below: the master may start itself anew before it has answered.
  await createRuntimeApi(master)('reload').catch(() => undefined);
  const deadlineMs = clock.monotonicMs() + RELOAD_MS;
  for (;;) {
    const now = await askMaster('show proc').catch(() => undefined);
    const seen = now === undefined ? undefined : parseProcesses(now);
    if (seen && seen.failed > failed) throw notReloaded(backend, file, 'does not accept its configuration');
    const pid = pidOf((await send('show info').catch(() => '')) ?? '');
    if (seen && pid !== undefined && seen.workers.includes(pid) && !workers.includes(pid)) return;
    if (clock.monotonicMs() > deadlineMs)
      throw notReloaded(backend, file, `no new process answered within ${RELOAD_MS / 1000} s`);
    await clock.sleep(POLL_MS);
  }
}

/** Reads `show proc` of the master. */
function parseProcesses(text: string): {
  readonly failed: number;
  readonly workers: readonly string[];
  readonly earlier: readonly string[];
} {
  const [current = '', old = ''] = text.split('# old workers');
  const pids = (part: string) => [...part.matchAll(/^(\d+)\s+worker\s/gm)].map((match) => match[1] ?? '');
  return { failed: Number(/\[failed: (\d+)\]/.exec(current)?.[1] ?? 0), workers: pids(current), earlier: pids(old) };
}

function assertVersion(info: string): void {
  const version = /^Version: (\d+)\.(\d+)\S*$/m.exec(info);
  if (!version) throw unreadable(`"${info.slice(0, 100)}" is no answer to "show info"`);
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < 2 || (major === 2 && minor < 6)) throw tooOld(`${major}.${minor}`, OLDEST);
}
