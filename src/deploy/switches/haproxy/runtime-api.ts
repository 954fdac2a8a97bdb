import { connect } from 'node:net';
import type { AdminAddress } from '../../../model/index.ts';
import { reachableSocketPath } from '../../../system/index.ts';
import { notAnswering } from './errors.ts';

const ANSWER_MS = 5_000;
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Sends one command and returns what HAProxy says to it; `undefined` when nobody listens there. */
export type SendCommand = (command: string) => Promise<string | undefined>;

/** A connection for each command: HAProxy then says by itself where an answer ends. Throws `switch.haproxy-not-answering`. */
export function createRuntimeApi(address: AdminAddress): SendCommand {
  return async (command) => {
    // A line break or a semicolon would begin a second command.
    if (!/^[\x20-\x7e]+$/.test(command) || command.includes(';'))
      throw new Error(`This is no single command: ${command}`);
    if (!('path' in address)) return exchange(address, address, command);
    const reachable = await reachableSocketPath(address.path).catch(() => undefined);
    return reachable && exchange(address, { path: reachable.path }, command).finally(() => reachable.release());
  };
}

function exchange(address: AdminAddress, to: AdminAddress, command: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(to);
    let answer = '';
    const fail = (cause: unknown) => {
      socket.destroy();
      reject(notAnswering(address, cause));
    };
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_MS, () => fail(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
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
