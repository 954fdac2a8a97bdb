import { Server as NetServer } from 'node:net';
import type { Clock } from '../../../system/index.ts';
import type { FrontendChange, ListeningFrontend } from '../switch.ts';
import { encodeCounters, mergeCounters } from './counters.ts';
import { cannotListen, portInUse } from './errors.ts';
import { createHttpServer } from './http-server.ts';
import type { Limits } from './limits.ts';
import type { FrontendState } from './state.ts';
import { createTcpServer } from './tcp-server.ts';
import { createTraffic, type Traffic } from './traffic.ts';

/** Connections that may wait to be accepted: a queue that overflows in a burst looks like a broken server. The system may allow less. */
const BACKLOG = 4_096;

/** A frontend with its listening socket. */
export interface LiveFrontend {
  readonly frontend: ListeningFrontend;
  readonly traffic: Traffic;
  readonly server: NetServer;
}

/** Does not listen yet. */
export function createLiveFrontend(frontend: ListeningFrontend, traffic: Traffic): LiveFrontend {
  const server = frontend.mode === 'http' ? createHttpServer(traffic) : createTcpServer(traffic);
  return { frontend, traffic, server };
}

/** As it was in another process. It does not listen yet. */
export function restoreLiveFrontend(
  state: FrontendState,
  options: { readonly clock: Clock; readonly limits: Limits },
): LiveFrontend {
  const { service, mode, listen } = state;
  const live = createLiveFrontend({ service, mode, listen }, createTraffic(options));
  mergeCounters(live.traffic.counters, state.counters);
  applyChange(live, state);
  return live;
}

export function encodeLiveFrontend({ frontend, traffic }: LiveFrontend): FrontendState {
  return {
    ...frontend,
    targets: traffic.targets.list().map(({ inFlight: _, ...target }) => target),
    isHeld: traffic.hold.isHeld,
    counters: encodeCounters(traffic.counters),
  };
}

/** From when it returns, new requests follow the change. */
export function applyChange({ traffic }: LiveFrontend, change: FrontendChange): void {
  if (change.isHeld) traffic.hold.begin();
  traffic.targets.replace(change.targets);
  if (!change.isHeld) traffic.hold.end();
}

/** The listening socket itself, as it is sent to another process. Unlike a server, it accepts nothing there before it is listened on. */
export interface ListeningSocket {
  readonly fd: number;
}

export function listeningSocket({ server }: LiveFrontend): ListeningSocket | undefined {
  // The member by which Node's own listen() takes a server.
  return (server as unknown as { readonly _handle: ListeningSocket | null })._handle ?? undefined;
}

/** Listens on its address, or on a socket that listens there already. */
export function listenOn({ server, frontend }: LiveFrontend, socket?: ListeningSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portInUse(frontend.listen, error) : cannotListen(frontend.listen, error));
    server.once('error', onError);
    const onListening = () => {
      server.off('error', onError);
      // What a listening socket still reports later (no more file descriptors) passes by itself.
      server.on('error', () => {});
      resolve();
    };
    if (socket) server.listen(socket, BACKLOG, onListening);
    else server.listen({ ...frontend.listen, backlog: BACKLOG }, onListening);
  });
}

/** Accepts no more connections; those there are go on, and end after their next answer. */
export function stopAccepting(live: LiveFrontend): void {
  live.traffic.isClosing = true;
  stopListening(live);
}

/** Accepts no more connections; those there are stay. */
export function stopListening({ server }: LiveFrontend): void {
  // An HTTP server's own close would also cut idle connections, under clients that may be about to use them.
  if (server.listening) NetServer.prototype.close.call(server);
}
