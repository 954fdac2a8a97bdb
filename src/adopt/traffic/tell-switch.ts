import { connect } from 'node:net';
import { reachableSocketPath, type System } from '../../system/index.ts';
import { stepFailed } from './errors.ts';

const POLL_MS = 20;
const LIMIT_MS = 20_000;

/** Sends one line of commands to the runtime API of the switch that has just been started, as soon as it answers. */
export async function tellSwitch({ clock }: System, socket: string, commands: readonly string[]): Promise<void> {
  const deadline = clock.monotonicMs() + LIMIT_MS;
  for (;;) {
    const answer = await ask(socket, `${commands.join('; ')}\n`).catch((error: Error) => error);
    if (typeof answer === 'string') {
      if (answer.trim() !== '') throw stepFailed('tell the switch whom to send requests to', answer.trim());
      return;
    }
    if (clock.monotonicMs() > deadline)
      throw stepFailed('start the switch', `no answer on ${socket} (${answer.message})`);
    await clock.sleep(POLL_MS);
  }
}

async function ask(socket: string, text: string): Promise<string> {
  const { path, release } = await reachableSocketPath(socket);
  return new Promise<string>((resolve, reject) => {
    const connection = connect({ path, timeout: 2_000 });
    let answer = '';
    connection.on('connect', () => connection.end(text));
    connection.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    connection.on('end', () => resolve(answer));
    connection.on('timeout', () => connection.destroy(new Error('it says nothing')));
    connection.on('error', reject);
  }).finally(release);
}
