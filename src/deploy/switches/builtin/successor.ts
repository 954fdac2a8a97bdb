import type { Server } from 'node:net';
import type { HandOverMessage } from './hand-over-message.ts';
import { listenOn } from './live-frontend.ts';
import { takeOwnership } from './ownership.ts';
import type { Place } from './place.ts';
import { SwitchProcess } from './switch-process.ts';

/**
 * Becomes the switch in place of the process that has started this one. Rejects when the predecessor goes away before it has given
 * everything; from then on this one does not depend on it.
 */
export async function startSuccessor(place: Place): Promise<SwitchProcess> {
  const { state, services } = await receiveState();
  const successor = new SwitchProcess(place, state);
  const { frontends } = successor.switchboard;
  await receiveListeners(services, async (service, server) => {
    const live = frontends.get(service);
    if (live) await listenOn(live, server);
  });
  for (const live of frontends.values()) {
    if (!live.server.listening)
      await listenOn(live, live.frontend.listen).catch(({ message }) => place.log.write(message));
  }
  const ownership = await takeOwnership(place, state.predecessors.at(-1)?.process);
  if (!ownership) throw new Error('Another process is the switch');
  await successor.takeOffice(ownership);
  send('serving');
  return successor;
}

function receiveState(): Promise<Extract<HandOverMessage, { type: 'state' }>> {
  return new Promise((resolve, reject) => {
    process.once('disconnect', () => reject(new Error('The predecessor went away')));
    process.once('message', (message) => {
      // Sent by the same program, or one that keeps to the same version of the state.
      const received = message as HandOverMessage;
      if (received.type === 'state') resolve(received);
      else reject(new Error('The predecessor began with something else than its state'));
    });
  });
}

function receiveListeners(
  services: readonly string[],
  adopt: (service: string, server: Server) => Promise<void>,
): Promise<void> {
  const missing = new Set(services);
  return new Promise((resolve, reject) => {
    process.once('disconnect', () => reject(new Error('The predecessor went away')));
    process.on('message', (message, server) => {
      const received = message as HandOverMessage;
      if (received.type !== 'listener') return;
      // At once: the received socket listens already, and what it accepts must have somebody to answer.
      adopt(received.service, server as Server).then(() => {
        missing.delete(received.service);
        if (missing.size === 0) resolve();
      }, reject);
    });
    if (missing.size === 0) resolve();
    send('ready');
  });
}

function send(type: 'ready' | 'serving'): void {
  process.send?.({ type }, undefined, undefined, () => {
    // A predecessor that is gone needs no answer.
  });
}
