import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';

const LIMIT_MINUTES = 10;
const SIGNAL_DELAY_MS = 100;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Why a demo cannot go on, said to its reader without a stack. */
export class DemoError extends Error {
  /** @param {string} message @param {{ exit?: number }} [options] 2 when something is not there that the demo needs */
  constructor(message, { exit = 1 } = {}) {
    super(message);
    this.exit = exit;
  }
}

/**
 * What a demo plays on.
 *
 * @typedef {object} Stage
 * @property {AbortSignal} signal the demo is interrupted, or takes too long
 * @property {(text: string) => void} say one line of what happens now
 * @property {(text: string) => void} open what begins now, with a line free on each side
 * @property {() => Promise<void>} calm a while in which nothing happens but load
 * @property {(cleanUp: () => Promise<unknown>) => void} onEnd done at the end, last one first, however the demo ends
 */

/**
 * Runs a demo to its end and sets the exit code of this process: 0 when all was as promised, 1 when it was not, 2 when something is not there that
 * it needs, 128 and the number of the signal that interrupted it. Whatever it has made is gone then.
 *
 * @template Place, Summary
 * @param {{ json: boolean, calm: number, keep?: boolean, limitMinutes?: number }} options
 * @param {object} demo
 * @param {(stage: Stage) => Promise<Place>} demo.prepare
 * @param {(stage: Stage, place: Place) => Promise<Summary>} demo.play
 * @param {(summary: Summary) => readonly string[]} demo.findFaults what is not as promised
 * @param {(summary: Summary) => string} demo.renderSummary
 * @param {(place: Place) => string} [demo.renderGuide] what to try while everything is kept
 */
export async function runDemo({ json, calm, keep = false, limitMinutes = LIMIT_MINUTES }, demo) {
  const interrupt = watchForInterrupts();
  const { signal } = interrupt;
  // Standard output is for people, or for the one line of JSON.
  const stream = json ? process.stderr : process.stdout;
  const print = (/** @type {string} */ text) => void stream.write(`${text}\n`);
  const say = (/** @type {string} */ text) => print(emphasise(text, stream));
  /** @type {(() => Promise<unknown>)[]} */
  const cleanUps = [];
  const stage = {
    signal,
    say,
    open: (/** @type {string} */ text) => print(`\n${emphasise(text, stream)}\n`),
    calm: () => sleep(calm * 1_000, undefined, { signal }),
    onEnd: (/** @type {() => Promise<unknown>} */ cleanUp) => void cleanUps.push(cleanUp),
  };
  const tooLong = new DemoError(`The demo took longer than ${limitMinutes} minutes`);
  const limit = setTimeout(() => interrupt.abort(tooLong), limitMinutes * 60_000);
  try {
    const place = await demo.prepare(stage);
    const summary = await demo.play(stage, place);
    clearTimeout(limit);
    print(`\n${demo.renderSummary(summary)}`);
    if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    const faults = demo.findFaults(summary);
    for (const fault of faults) console.error(`Not as promised: ${fault}`);
    process.exitCode = faults.length > 0 ? 1 : 0;
    if (keep && demo.renderGuide) await stay(`\n${demo.renderGuide(place)}`, { print, signal });
  } catch (error) {
    // Ctrl-C reaches whole sessions, and news of a child that it has ended can be here first.
    await sleep(SIGNAL_DELAY_MS);
    report(signal.aborted ? signal.reason : error);
  } finally {
    clearTimeout(limit);
    if (cleanUps.length > 0) say('\nCleaning up');
    for (const cleanUp of cleanUps.reverse()) await cleanUp().catch(report);
  }
}

/** Aborted by the first signal that ends a program, or once nobody can read what is said. */
function watchForInterrupts() {
  const interrupt = new AbortController();
  const end = (/** @type {NodeJS.Signals} */ name, /** @type {string} */ message) =>
    interrupt.abort(new DemoError(message, { exit: 128 + constants.signals[name] }));
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(name, () => end(name, 'Interrupted'));
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', () => end('SIGPIPE', 'Nobody reads this any more'));
  return interrupt;
}

async function stay(guide, { print, signal }) {
  print(guide);
  await sleep(LONGEST_TIMER_MS, undefined, { signal }).catch(() => {});
}

/** @param {unknown} error */
function report(error) {
  const isExpected = error instanceof DemoError;
  console.error(isExpected ? error.message.replace(/[^.?!]$/, '$&.') : error);
  process.exitCode = isExpected ? error.exit : 1;
}

/** @param {string} text @param {NodeJS.WriteStream} stream */
function emphasise(text, stream) {
  const isPlain = !stream.isTTY || (process.env.NO_COLOR ?? '') !== '';
  return isPlain ? text : styleText('bold', text, { validateStream: false });
}
