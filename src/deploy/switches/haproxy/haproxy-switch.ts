import { dirname } from 'node:path';
import { OnwardError } from '../../../model/index.ts';
import type { Files, System } from '../../../system/index.ts';
import { createFenceFile } from '../../fence-file.ts';
import type { FrontendChange, FrontendObservation, Switch, SwitchCounters } from '../switch.ts';
import { applyChange } from './apply-change.ts';
import { type Book, type Books, createBooks, settleBook } from './book.ts';
import type { HaproxyConfig } from './config.ts';
import { noFolder, notLoaded, notRunning, otherBackend, takenBackend, unknownService } from './errors.ts';
import type { BackendFacts } from './facts.ts';
import { assertTargets, GATE } from './names.ts';
import { createHaproxyProcess, type HaproxyLimits, type HaproxyProcess } from './process.ts';
import { readNames, renderHaproxyBackend } from './render-backend.ts';
import { buildAllTargets, buildTargets, isGateOpen } from './targets.ts';

export interface HaproxySwitchOptions extends HaproxyLimits {
  /** Of the deployment. */
  readonly stateDirectory: string;
  readonly config: HaproxyConfig;
}

/** Nothing in the file is secret, and HAProxy may read it as another user. */
const FILE_MODE = 0o644;

/**
 * The switch in a HAProxy of the operator's: its runtime API moves traffic, and a file of ours holds the backend for its next start.
 * The frontend is the operator's. Each call looks at HAProxy first; only epochs, and what removed servers counted, are remembered.
 */
export function createHaproxySwitch(
  system: System,
  { stateDirectory, config, ...limits }: HaproxySwitchOptions,
): Switch {
  const { files } = system;
  const { backend, file } = config;
  const haproxy = createHaproxyProcess(system, config, limits);
  const booksOf = (service: string) => createBooks(files, stateDirectory, service);
  const { assertCurrent, obey } = createFences(files, stateDirectory);
  const write = async (mode: 'http' | 'tcp', change: FrontendChange) => {
    const names = (await haproxy.canResolve()) ? await chooseNames({ files, config }, change) : NO_NAMES;
    await files.removeHalves(file);
    await files.writeAtomic(file, renderHaproxyBackend({ backend, mode, ...change, names }), FILE_MODE);
  };
  const change = async (service: string, wanted: FrontendChange, epoch: number): Promise<void> => {
    const books = booksOf(service);
    const facts = await haproxy.require();
    // HAProxy may be killed in the middle; it comes back as it should be at the end.
    await write(facts.mode, wanted);
    await applyChange(system, {
      haproxy,
      backend,
      books,
      change: wanted,
      assertCurrent: () => assertCurrent(service, epoch),
    });
  };
  return {
    check: ({ service }) => checkHaproxy({ haproxy, config, files, books: booksOf(service) }),
    async observe(service) {
      const books = booksOf(service);
      const book = await books.load();
      if (!book) return undefined;
      const facts = await haproxy.observe();
      if (!facts || facts === 'missing') return undefined;
      const earlier = await haproxy.observeEarlier();
      const isWrittenDown = await isWritten({ files, config }, facts);
      return { ...describeFrontend(service, { facts, earlier, book, epoch: await books.fence.read() }), isWrittenDown };
    },
    async observeOthers() {
      const found = await haproxy.observeOthers();
      return found && { ...found, isOnThisMachine: !(await haproxy.canResolve()) };
    },
    async open({ service, mode, listen }, epoch) {
      await obey(service, epoch);
      const books = booksOf(service);
      const facts = await ensureBackend({ haproxy, config, files, books, write }, mode);
      const book = (await books.load()) ?? { version: 1, since: facts.since, removed: 0 };
      const { listen: _, ...rest } = book;
      await books.write({ ...rest, ...(listen === undefined ? {} : { listen }) });
    },
    async change(service, wanted, epoch) {
      assertTargets(wanted.targets);
      if (!(await booksOf(service).load())) throw unknownService(service);
      await obey(service, epoch);
      await change(service, wanted, epoch);
    },
    async close(service, epoch) {
      const books = booksOf(service);
      if (!(await books.load())) return;
      await obey(service, epoch);
      await change(service, { targets: [], isHeld: false }, epoch);
      await books.close();
    },
  };
}

interface Ensured extends Checked {
  readonly write: (mode: 'http' | 'tcp', change: FrontendChange) => Promise<void>;
}

interface Checked {
  readonly haproxy: HaproxyProcess;
  readonly config: HaproxyConfig;
  readonly files: Files;
  readonly books: Books;
}

async function checkHaproxy(checked: Checked): Promise<OnwardError | undefined> {
  const { haproxy, files } = checked;
  const { file, admin } = checked.config;
  try {
    if (!(await files.isFolder(dirname(file)))) return noFolder(file);
    const facts = await haproxy.observe();
    if (!facts) return notRunning(admin);
    if (facts !== 'missing') return await findOtherOwner(checked, facts);
    // Opening it writes the file, and stops there when it must not reload HAProxy.
    await haproxy.assertMaster();
    return undefined;
  } catch (error) {
    if (error instanceof OnwardError) return error;
    throw error;
  }
}

/** Whose backend it is, when it is not this deployment's: without its file and without a book of it, another one has made it. */
async function findOtherOwner(
  { config, files, books }: Omit<Checked, 'haproxy'>,
  { servers }: BackendFacts,
): Promise<OnwardError | undefined> {
  const { backend, file } = config;
  if (!servers.some(({ name }) => name === GATE)) return otherBackend(backend, file);
  return (await files.exists(file)) || (await books.load()) ? undefined : takenBackend(backend, file);
}

/** Makes sure that HAProxy has the backend from our file. Reloads it when it has not. */
async function ensureBackend(ensured: Ensured, mode: 'http' | 'tcp'): Promise<BackendFacts> {
  const { haproxy, config, files, write } = ensured;
  const { backend, file } = config;
  const facts = await haproxy.awaitRunning();
  if (facts !== 'missing') {
    const problem = await findOtherOwner(ensured, facts);
    if (problem) throw problem;
    if (facts.mode === mode) {
      if (!(await isWritten({ files, config }, facts))) await write(mode, describeChange(facts));
      return facts;
    }
    await write(mode, describeChange(facts));
  } else if (!(await files.exists(file))) await write(mode, { targets: [], isHeld: false });
  if (!haproxy.canReload) throw notLoaded(backend, file);
  await haproxy.reload();
  return haproxy.require();
}

/**
 * Whether our file says what HAProxy does. A change writes it first: one that was cut off behind that, and is taken back, would come to pass with
 * HAProxy's next start.
 */
async function isWritten({ files, config }: Pick<Checked, 'files' | 'config'>, facts: BackendFacts): Promise<boolean> {
  const { backend, file } = config;
  const found = await files.readTextIfPresent(file);
  if (found === undefined) return false;
  const names = readNames(found);
  return found === renderHaproxyBackend({ backend, mode: facts.mode, ...describeChange(facts), names });
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** What HAProxy says of its servers has no names: those that were written down stand. */
async function chooseNames(
  { files, config }: Pick<Checked, 'files' | 'config'>,
  { targets }: FrontendChange,
): Promise<ReadonlyMap<string, string>> {
  const written = readNames((await files.readTextIfPresent(config.file)) ?? '');
  const told = targets.flatMap(({ id, name }) => (name === undefined ? [] : [[id, name] as const]));
  return new Map([...written, ...told]);
}

/** Both the deployment's epoch and the highest one that HAProxy was changed with. */
function createFences(files: Files, stateDirectory: string) {
  const deployment = createFenceFile(files, stateDirectory);
  const own = (service: string) => createBooks(files, stateDirectory, service).fence;
  const assertCurrent = async (service: string, epoch: number): Promise<void> => {
    await deployment.assertCurrent(epoch);
    await own(service).assertCurrent(epoch);
  };
  const obey = async (service: string, epoch: number): Promise<void> => {
    await assertCurrent(service, epoch);
    await own(service).raise(epoch);
  };
  return { assertCurrent, obey };
}

function describeChange(facts: BackendFacts): FrontendChange {
  return { targets: buildTargets(facts), isHeld: isGateOpen(facts) };
}

interface Described {
  readonly facts: BackendFacts;
  readonly earlier: readonly BackendFacts[];
  readonly book: Book;
  readonly epoch: number;
}

function describeFrontend(service: string, { facts, earlier, book, epoch }: Described): FrontendObservation {
  return {
    service,
    mode: facts.mode,
    ...(book.listen === undefined ? {} : { listen: book.listen }),
    isHeld: isGateOpen(facts),
    targets: buildAllTargets(facts, earlier),
    waiting: countWaiting(facts),
    counters: describeCounters(facts, book),
    epoch,
  };
}

/** Those in the queue, and the one at the head of it, which tries to connect again and again and is in no queue. */
function countWaiting(facts: BackendFacts): number {
  return isGateOpen(facts) ? Math.max(0, facts.current - facts.atServers) : facts.waiting;
}

function describeCounters(facts: BackendFacts, book: Book): SwitchCounters {
  const { removed } = settleBook(book, facts);
  const failures = { connect: facts.connectFailures, answer: facts.answerFailures };
  return {
    since: facts.since,
    carried: Math.max(0, facts.total - facts.current),
    failed: failures.connect + failures.answer,
    failures: Object.fromEntries(Object.entries(failures).filter(([, count]) => count > 0)),
    serverErrors: facts.servers.reduce((sum, server) => sum + server.serverErrors, removed),
    held: facts.held,
    retried: facts.retried,
  };
}
