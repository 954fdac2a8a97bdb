import { connect } from 'node:net';
import { type AdminAddress, OnwardError } from '../../../model/index.ts';
import { reachableSocketPath } from '../../../system/index.ts';
import { notAnswering } from './errors.ts';

const ANSWER_MS = 5_000;
/**
 * How often a question is asked: a busy machine, or a HAProxy that waits for all of its threads, may be slow for a moment, and one that ends
 * breaks the connection.
 */
const ATTEMPTS = 3;
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Sends one command and returns what HAProxy says to it; `undefined` when nobody listens there. */
export type SendCommand = (command: string) => Promise<string | undefined>;

/** Nobody was there, or has not answered in time, or is gone: of a change it is not known whether it was made. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof OnwardError && UNANSWERED.includes(error.code);
}

const UNANSWERED: readonly string[] = ['switch.haproxy-not-answering', 'switch.haproxy-not-running'];

/**
 * A connection for each command: HAProxy then says by itself where an answer ends. What only asks (`show …`) is asked three times before it is
 * given up, 5 s each unless told; what changes something is said once. Throws `switch.haproxy-not-answering`.
 */
export function createRuntimeApi(address: AdminAddress, { answerMs = ANSWER_MS } = {}): SendCommand {
  const send = async (command: string): Promise<string | undefined> => {
    if (!('path' in address)) return exchange(address, { to: address, command, answerMs });
    const reachable = await reachableSocketPath(address.path).catch(() => undefined);
    if (!reachable) return undefined;
    return exchange(address, { to: { path: reachable.path }, command, answerMs }).finally(() => reachable.release());
  };
  return async (command) => {
    // A line break or a semicolon would begin a second command.
    if (!/^[\x20-\x7e]+$/.test(command) || command.includes(';'))
      throw new Error(`This is no single command: ${command}`);
    for (let attempt = command.startsWith('show ') ? 1 : ATTEMPTS; ; attempt += 1) {
      try {
        return await send(command);
      } catch (error) {
        if (attempt >= ATTEMPTS) throw error;
      }
    }
  };
}

interface Exchange {
  readonly to: AdminAddress;
  readonly command: string;
  readonly answerMs: number;
}

function exchange(address: AdminAddress, { to, command, answerMs }: Exchange): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(to);
    let answer = '';
    const fail = (cause: unknown) => {
      socket.destroy();
      reject(notAnswering(address, cause));
    };
    socket.setEncoding('utf8');
    socket.setTimeout(answerMs, () => fail(new Error(`none within ${answerMs / 1000} s`)));
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > MOST_CHARACTERS) fail(new Error('the answer does not end'));
    });
    // Even to a change that it has made without a word it sends an empty line.
    socket.on('end', () => (answer === '' ? fail(new Error('it hung up')) : resolve(answer.trim())));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else fail(error);
    });
    // The master process answers for as long as it may be asked more.
    socket.end(`${command}\n`);
  });
}
