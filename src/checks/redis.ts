import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { CheckContext, CheckOf, Outcome, Probe } from './check.ts';
import { withinLimit } from './limit.ts';

/** AUTH where there is a password, then PING; anything but PONG fails. */
export const probeRedis: Probe<'redis'> = (context, check) =>
  withinLimit(context.system, check.timeoutMs, async (own) => {
    const socket = connect({ host: check.host, port: check.port });
    own(async () => void socket.destroy());
    await once(socket, 'connect');
    return talk(context, check, socket);
  });

async function talk(context: CheckContext, check: CheckOf<'redis'>, socket: Socket): Promise<Outcome> {
  const place = `${check.host}:${check.port}`;
  const replies = readLines(socket);
  if (check.password) {
    const password = await context.resolveSecret(check.password, `checks.${check.name}.redis.password`);
    const reply = await ask(socket, replies, ['AUTH', password]);
    if (reply !== '+OK') return { ok: false, evidence: `${place} answered AUTH with ${describeReply(reply)}` };
  }
  const reply = await ask(socket, replies, ['PING']);
  if (reply !== '+PONG') return { ok: false, evidence: `${place} answered PING with ${describeReply(reply)}` };
  return { ok: true, evidence: `${place} answered PING with PONG` };
}

/** Sends one command as RESP, whose strings are preceded by their length in bytes. */
async function ask(
  socket: Socket,
  replies: AsyncIterator<string>,
  command: readonly string[],
): Promise<string | undefined> {
  const strings = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  socket.write(`*${command.length}\r\n${strings.join('')}`);
  const { value, done } = await replies.next();
  return done ? undefined : value;
}

async function* readLines(socket: Socket): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1');
    for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
    if (text.length > 4_096) return;
  }
}

/** The kind of an error only: its text may repeat the command, and so the password. */
function describeReply(reply: string | undefined): string {
  if (reply === undefined) return 'the end of the connection';
  const [, kind] = /^-([A-Z]+)\b/.exec(reply) ?? [];
  return kind ? `the error ${kind}` : 'something that is not Redis';
}
