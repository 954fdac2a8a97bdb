import { once } from 'node:events';
import { connect } from 'node:net';
import type { Probe } from './check.ts';
import { withinLimit } from './limit.ts';

/** Connects and closes at once. */
export const probeTcp: Probe<'tcp'> = ({ system }, { host, port, timeoutMs }) =>
  withinLimit(system, timeoutMs, async (own) => {
    const socket = connect({ host, port });
    own(async () => void socket.destroy());
    await once(socket, 'connect');
    return { ok: true, evidence: `${host}:${port} accepts connections` };
  });
