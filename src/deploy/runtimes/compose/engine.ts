import type { HttpResponse, System } from '../../../system/index.ts';
import { engineError, noEngine, remoteEngine } from './errors.ts';

const DEFAULT_SOCKET = '/var/run/docker.sock';
const ANSWER_LIMIT_MS = 30_000;
/** An engine that is restarted is back by then. */
const AWAY_LIMIT_MS = 90_000;
const AWAY_PAUSE_MS = 200;
const CLI_LIMIT_MS = 10_000;

export interface EngineRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Such as `/containers/json?all=1`. */
  readonly path: string;
  readonly body?: unknown;
  /** 30 s unless told. */
  readonly timeoutMs?: number;
  /** Statuses that are answers, beside 2xx. */
  readonly accepts?: readonly number[];
}

/** The Docker engine, through its socket: looks at containers, and starts, stops and removes them. Compose creates them. */
export interface Engine {
  /** Where it is, for people. Throws `compose.remote-engine` for one that is reached otherwise than by a socket of this machine. */
  locate(): Promise<string>;
  /**
   * One request. An engine that goes away, because it is restarted, is waited for up to 90 s and asked again: each request here does no harm
   * when it is repeated. Throws `compose.no-engine` then, and `compose.engine-failed` for an answer that is none.
   */
  request(request: EngineRequest): Promise<HttpResponse>;
  /** As `request`, but fails at once when the engine is away. */
  ask(request: EngineRequest): Promise<HttpResponse>;
}

export function createEngine(system: System): Engine {
  let located: Promise<string> | undefined;
  // One that has never answered is not being restarted.
  let hasAnswered = false;
  const locate = () => {
    located ??= locateSocket(system);
    return located;
  };
  const ask = async (request: EngineRequest): Promise<HttpResponse> => {
    const socketPath = await locate();
    const { method = 'GET', path, body, timeoutMs = ANSWER_LIMIT_MS, accepts = [] } = request;
    const response = await system.http
      .send({
        method,
        url: `http://docker${path}`,
        socketPath,
        timeoutMs,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      .catch((error: Error) => {
        throw noEngine(socketPath, error.message);
      });
    hasAnswered = true;
    if (response.status >= 300 && !accepts.includes(response.status))
      throw engineError(`${method} ${path}`, response.status, tellMessage(response.body));
    return response;
  };
  return {
    locate,
    ask,
    async request(request) {
      const until = system.clock.monotonicMs() + AWAY_LIMIT_MS;
      for (;;) {
        try {
          return await ask(request);
        } catch (error) {
          const isAway = (error as { readonly code?: string }).code === 'compose.no-engine';
          if (!isAway || !hasAnswered || system.clock.monotonicMs() > until) throw error;
          await system.clock.sleep(AWAY_PAUSE_MS);
        }
      }
    },
  };
}

/** What the docker CLI of this user would talk to. */
async function locateSocket(system: System): Promise<string> {
  const host = system.environment.DOCKER_HOST || (await askContext(system)) || `unix://${DEFAULT_SOCKET}`;
  if (!host.startsWith('unix://')) throw remoteEngine(host);
  return host.slice('unix://'.length);
}

async function askContext(system: System): Promise<string | undefined> {
  const argv = ['docker', 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'];
  const environment = { ...system.environment };
  const said = await system.exec.run(argv, { environment, timeoutMs: CLI_LIMIT_MS }).catch(() => undefined);
  const host = said?.exitCode === 0 ? said.stdout.trim() : '';
  return host === '' ? undefined : host;
}

function tellMessage(body: string): string {
  try {
    const parsed = JSON.parse(body) as { readonly message?: unknown };
    if (typeof parsed.message === 'string') return parsed.message;
  } catch {
    // Not every answer is JSON.
  }
  return body.trim().slice(0, 300);
}
