import { chmod } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { OnwardError } from '../../../model/index.ts';
import { reachableSocketPath, type System } from '../../../system/index.ts';
import { pathsOf } from './instance-folder.ts';

const ASK_LIMIT_MS = 2_000;

/** The supervisor's side of the control socket (0600): it answers as soon as the request to stop was heard, not when it is done. */
export async function listenControl(
  system: System,
  folder: string,
  requestStop: (epoch: number) => Promise<void>,
): Promise<{ close(): void }> {
  const path = pathsOf(folder).control;
  // What lies there is of an earlier supervisor: this one holds the claim.
  await system.files.remove(path);
  const server = createServer((request, response) => {
    const answer = (status: number) => response.writeHead(status, { connection: 'close' }).end();
    const epoch = epochOf(request);
    if (epoch === undefined) return answer(400);
    requestStop(epoch).then(
      () => answer(202),
      (error: unknown) => answer(error instanceof OnwardError && error.code === 'deploy.fenced' ? 409 : 500),
    );
  });
  const socket = await reachableSocketPath(path);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket.path, resolve);
    });
    await chmod(socket.path, 0o600);
  } finally {
    await socket.release();
  }
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Asks the supervisor of an instance to stop it. `unheard`: nobody answered, which says nothing about whether one will. */
export async function askToStop(
  system: System,
  folder: string,
  epoch: number,
): Promise<'heard' | 'fenced' | 'unheard'> {
  try {
    const { status } = await system.http.send({
      method: 'POST',
      url: `http://instance/stop/${epoch}`,
      socketPath: pathsOf(folder).control,
      timeoutMs: ASK_LIMIT_MS,
    });
    return status === 202 ? 'heard' : status === 409 ? 'fenced' : 'unheard';
  } catch {
    return 'unheard';
  }
}

function epochOf(request: IncomingMessage): number | undefined {
  const [, epoch] = /^\/stop\/(\d+)$/.exec(request.url ?? '') ?? [];
  return request.method === 'POST' && epoch !== undefined ? Number(epoch) : undefined;
}
