import type { HandOverMessage } from './hand-over-message.ts';
import { type ListeningSocket, listenOn } from './live-frontend.ts';
import { takeOwnership } from './ownership.ts';
import type { Place } from './place.ts';
import { SwitchProcess } from './switch-process.ts';

/**
 * Becomes the switch in place of the process that has started this one. Rejects when the predecessor goes away before it has given
 * everything; from then on this one does not depend on it.
 */
export async function startSuccessor(place: Place): Promise<SwitchProcess> {
  const { state, services } = await receiveState();
  const sockets = await receiveSockets(services);
  const successor = new SwitchProcess(place, state);
  const ownership = await takeOwnership(place, state.predecessors.at(-1)?.process);
  if (!ownership) throw new Error('Another process is the switch');
  await successor.takeOffice(ownership, async () => {
    // The last step: what is accepted from now on would be lost with this process.
    for (const [service, live] of successor.switchboard.frontends) {
      await listenOn(live, sockets.get(service)).catch(({ message }) => place.log.write(message));
    }
  });
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

function receiveSockets(services: readonly string[]): Promise<ReadonlyMap<string, ListeningSocket>> {
  const sockets = new Map<string, ListeningSocket>();
  return new Promise((resolve, reject) => {
    const resolveWhenComplete = () => {
      if (services.every((service) => sockets.has(service))) resolve(sockets);
    };
    process.once('disconnect', () => reject(new Error('The predecessor went away')));
    process.on('message', (message, socket) => {
      const received = message as HandOverMessage;
      if (received.type !== 'listener') return;
      sockets.set(received.service, socket as unknown as ListeningSocket);
      resolveWhenComplete();
    });
    send('ready');
    resolveWhenComplete();
  });
}

function send(type: 'ready' | 'serving'): void {
  process.send?.({ type }, undefined, undefined, () => {
    // A predecessor that is gone needs no answer.
  });
}
