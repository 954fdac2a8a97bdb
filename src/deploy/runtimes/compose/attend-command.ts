import type { PipedProcess, System } from '../../../system/index.ts';
import type { CommandEnd, CommandOptions } from '../runtime.ts';

const SAID_BYTES = 8_192;
const OUTPUT_LIMIT_MS = 2_000;
/** How the engine tells that a signal ended a program. */
const SIGNALS: Readonly<Record<number, string>> = { 137: 'SIGKILL', 143: 'SIGTERM' };

/** Reads what a command writes until it has ended, by itself or because it was asked to. */
export async function attendCommand(
  system: System,
  child: PipedProcess,
  { onOutput, onErrors, signal, stop }: CommandOptions & { readonly stop: () => Promise<unknown> },
): Promise<CommandEnd> {
  let said = Buffer.alloc(0);
  child.stderr.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk]).subarray(-2 * SAID_BYTES);
    onErrors?.(chunk);
  });
  child.stdout.on('data', onOutput);
  let ask = () => {};
  const stopped = new Promise<void>((resolve, reject) => {
    ask = () => void stop().then(() => resolve(), reject);
  });
  stopped.catch(() => {});
  signal.addEventListener('abort', ask, { once: true });
  if (signal.aborted) ask();
  try {
    const end = await Promise.race([child.ended, stopped.then(() => endSoon(system, child))]);
    const limit = new AbortController();
    await Promise.race([child.outputEnded, system.clock.sleep(OUTPUT_LIMIT_MS, limit.signal).catch(() => {})]);
    limit.abort(new Error('the output ended'));
    const name = SIGNALS[end.code ?? 0] ?? end.signal;
    const text = system.redaction.apply(said.toString('utf8')).slice(-SAID_BYTES).trimEnd();
    return { code: name === null ? end.code : null, signal: name, said: text };
  } finally {
    signal.removeEventListener('abort', ask);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Once its container has ended, the call has too; one that had not made a container yet is ended by the caller. */
async function endSoon(system: System, child: PipedProcess): Promise<Awaited<PipedProcess['ended']>> {
  const late = system.clock.sleep(OUTPUT_LIMIT_MS).then(() => ({ code: null, signal: 'SIGTERM' }));
  return Promise.race([child.ended, late]);
}
