import { OnwardError } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import type { FrontendChange } from '../switch.ts';
import { type Books, settleBook } from './book.ts';
import { chooseCommands } from './choose-commands.ts';
import { unconfirmed } from './errors.ts';
import type { BackendFacts, ServerFact } from './facts.ts';
import type { HaproxyProcess } from './process.ts';

const CONFIRM_MS = 10_000;
/** How long the first health check of a target is awaited before the targets before it are taken away. */
const CHECK_MS = 2_000;
const POLL_MS = 5;

interface ApplyOptions {
  readonly haproxy: HaproxyProcess;
  readonly backend: string;
  readonly books: Books;
  readonly change: FrontendChange;
  /** Throws when another operator has taken over; asked before each command. */
  readonly assertCurrent: () => Promise<void>;
}

/** Tells HAProxy what is left to do until it does what the change says. Resolves once that is seen. */
export async function applyChange({ clock }: System, options: ApplyOptions): Promise<void> {
  const { haproxy, backend, change, assertCurrent } = options;
  const startedMs = clock.monotonicMs();
  for (;;) {
    const facts = await haproxy.require();
    const batch = chooseCommands(backend, facts, change);
    if (!batch) return;
    const elapsedMs = clock.monotonicMs() - startedMs;
    if (elapsedMs > CONFIRM_MS) throw unconfirmed(backend, batch.commands);
    if (batch.awaited.length > 0 && elapsedMs < CHECK_MS) {
      await clock.sleep(POLL_MS);
      continue;
    }
    for (const command of batch.commands) {
      await assertCurrent();
      if (!(await tell(haproxy, command, facts))) break;
    }
    if (batch.commands.length > 0) continue;
    for (const server of batch.removals) {
      await assertCurrent();
      await remove(options, facts, server);
    }
    return;
  }
}

/** False when another process is there now, after a reload: what it needs to be told is another thing. */
async function tell(haproxy: HaproxyProcess, command: string, { since }: BackendFacts): Promise<boolean> {
  try {
    await haproxy.tell(command);
    return true;
  } catch (error) {
    if (!(error instanceof OnwardError) || error.code !== 'switch.haproxy-refused') throw error;
    if ((await haproxy.require()).since === since) throw error;
    return false;
  }
}

/** Forgets a server. What it counted is written down first as leaving, and counts once it is gone. HAProxy may refuse. */
async function remove(
  { haproxy, backend, books }: ApplyOptions,
  facts: BackendFacts,
  { name, serverId, serverErrors }: ServerFact,
): Promise<void> {
  const found = await books.load();
  if (!found) return;
  const book = settleBook(found, facts);
  await books.write({ ...book, leaving: { name, serverId, serverErrors } });
  const answer = await haproxy.ask(`del server ${backend}/${name}`);
  const isGone = answer === 'Server deleted.' || answer === 'No such server.';
  await books.write({ ...book, ...(isGone ? { removed: book.removed + serverErrors } : {}) });
}
