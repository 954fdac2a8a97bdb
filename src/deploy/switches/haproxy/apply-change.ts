import { OnwardError } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import type { FrontendChange } from '../switch.ts';
import { type Books, settleBook } from './book.ts';
import { chooseCommands } from './choose-commands.ts';
import { unconfirmed } from './errors.ts';
import type { BackendFacts, ServerFact } from './facts.ts';
import type { HaproxyProcess } from './process.ts';
import { isUnanswered } from './runtime-api.ts';

const CONFIRM_MS = 10_000;
/** Commands of one change that HAProxy may leave unanswered. */
const MOST_UNANSWERED = 3;
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

/**
 * Tells HAProxy what is left to do until it does what the change says. Resolves once that is seen. Of a command that it has not answered, in
 * time or because it was restarted, it is looked whether it has heard it, and it is told again when it has not.
 */
export async function applyChange({ clock }: System, options: ApplyOptions): Promise<void> {
  const { haproxy, backend, change, assertCurrent } = options;
  const startedMs = clock.monotonicMs();
  let confirmUntilMs: number | undefined;
  let unanswered = 0;
  for (;;) {
    const facts = await haproxy.require();
    const batch = chooseCommands(backend, facts, change);
    if (!batch) return;
    const nowMs = clock.monotonicMs();
    confirmUntilMs ??= nowMs + CONFIRM_MS;
    if (nowMs > confirmUntilMs) throw unconfirmed(backend, batch.commands);
    if (batch.awaited.length > 0 && nowMs - startedMs < CHECK_MS) {
      await clock.sleep(POLL_MS);
      continue;
    }
    for (const command of batch.commands) {
      await assertCurrent();
      const told = await tell(haproxy, command, { facts, unanswered });
      if (told === 'done') continue;
      if (told === 'unanswered') {
        unanswered += 1;
        confirmUntilMs = undefined;
      }
      break;
    }
    if (batch.commands.length > 0) continue;
    for (const server of batch.removals) {
      await assertCurrent();
      await remove(options, facts, server);
    }
    return;
  }
}

/**
 * `other` when what HAProxy needs to be told is another thing now: another process is there after a reload, or one that had not answered
 * has done it since.
 */
async function tell(
  haproxy: HaproxyProcess,
  command: string,
  { facts, unanswered }: { readonly facts: BackendFacts; readonly unanswered: number },
): Promise<'done' | 'unanswered' | 'other'> {
  try {
    await haproxy.tell(command);
    return 'done';
  } catch (error) {
    if (isUnanswered(error) && unanswered < MOST_UNANSWERED) return 'unanswered';
    if (!(error instanceof OnwardError) || error.code !== 'switch.haproxy-refused') throw error;
    if (unanswered === 0 && (await haproxy.require()).since === facts.since) throw error;
    return 'other';
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
  const answer = await haproxy.ask(`del server ${backend}/${name}`).catch((error: unknown) => {
    if (!isUnanswered(error)) throw error;
  });
  // It stays in the book as leaving: whether it is gone is seen at the next look.
  if (answer === undefined) return;
  const isGone = answer === 'Server deleted.' || answer === 'No such server.';
  await books.write({ ...book, ...(isGone ? { removed: book.removed + serverErrors } : {}) });
}
