import { type ImageReference, OnwardError } from '../../model/index.ts';
import type { HttpRequest, HttpResponse } from '../http.ts';
import type { System } from '../system.ts';
import { isNotVouchedFor, loadAuthorities } from './authorities.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type Credentials, encodeBasic, loadCredentials } from './credentials.ts';
import { busy, notARegistry, refusedAccess, timedOut, unreachable } from './errors.ts';
import { isLoopback, registryAddresses } from './registry-address.ts';
import { requestToken } from './request-token.ts';

export type RegistrySystem = Pick<System, 'clock' | 'http' | 'files' | 'exec' | 'environment' | 'redaction'>;

/** What is asked of one repository: the registry's address is found and its login done at the first question. */
export interface Conversation {
  readonly system: RegistrySystem;
  readonly image: ImageReference;
  readonly limitMs: number;
  /** By the monotonic clock. */
  readonly deadline: number;
  address?: URL;
  authorization?: string;
  credentials?: Credentials;
}

export function openConversation(system: RegistrySystem, image: ImageReference, limitMs: number): Conversation {
  const deadline = system.clock.monotonicMs() + limitMs;
  return { system, image, limitMs, deadline };
}

const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Asks for a path below `/v2/<repository>/`. The answer is 200 or 404; anything else throws what it means (`registry.refused`, `.timeout`,
 * `.unreachable`, `.busy`, `.not-a-registry`).
 */
export async function ask(
  talk: Conversation,
  path: string,
  { method, accept }: { readonly method: 'GET' | 'HEAD'; readonly accept: string },
): Promise<HttpResponse> {
  const where = `/v2/${talk.image.repository}/${path}`;
  const headers = { accept };
  let answer = await follow(talk, where, { method, headers });
  if (answer.status === 401 && talk.authorization === undefined) {
    const authorization = await answerChallenge(talk, answer);
    if (authorization !== undefined) {
      talk.authorization = authorization;
      answer = await follow(talk, where, { method, headers });
    }
  }
  const { status } = answer;
  if (status === 200 || status === 404) return answer;
  if (status === 401 || status === 403) throw refused(talk, status);
  if (status === 429 || status >= 500) throw busy(talk.image, status);
  throw notARegistry(talk.image, `it answered with ${status}`);
}

/** The authorization that a registry asks for; `undefined` when there is nothing to show. */
async function answerChallenge(talk: Conversation, answer: HttpResponse): Promise<string | undefined> {
  const challenges = parseChallenges([answer.headers['www-authenticate'] ?? ''].flat().join(', '));
  const find = (scheme: string) => challenges.find((challenge) => challenge.scheme === scheme);
  const credentials = await loadCredentials(talk.system, talk.image, remainingMs(talk));
  if (credentials) talk.credentials = credentials;
  const bearer = find('bearer');
  if (bearer) return `Bearer ${await obtainToken(talk, bearer)}`;
  if (!find('basic')) throw notARegistry(talk.image, 'it refuses, and names no login that is known here');
  return credentials?.kind === 'password' ? `Basic ${encodeBasic(credentials)}` : undefined;
}

async function obtainToken(talk: Conversation, { parameters }: Challenge): Promise<string> {
  const { image, credentials } = talk;
  const request = requestToken({ image, parameters, credentials });
  assertSafe(talk, new URL(request.url), 'asks for a login at');
  const answer = await exchange(talk, request);
  const { status } = answer;
  if (status === 429 || status >= 500) throw busy(image, status);
  if (status >= 400) throw refused(talk, status);
  if (status !== 200) throw notARegistry(image, `its login answered with ${status}`);
  const token = request.read(answer.body);
  talk.system.redaction.add(token);
  return token;
}

/** Says what the registry was shown; never a secret. */
function refused({ image, credentials }: Conversation, status: number): OnwardError {
  if (!credentials) return refusedAccess(image, { status, tried: 'without credentials', isKnown: false });
  const { from } = credentials;
  const tried =
    credentials.kind === 'password' ? `as ${credentials.user} of ${from}` : `with the identity token of ${from}`;
  return refusedAccess(image, { status, tried, isKnown: true });
}

/** Follows where it is sent to. The authorization goes to the registry itself, and nowhere else. */
async function follow(
  talk: Conversation,
  path: string,
  request: { readonly method: string; readonly headers: { readonly accept: string } },
): Promise<HttpResponse> {
  talk.address ??= await findAddress(talk);
  const home = talk.address;
  let url = new URL(path, home);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const { authorization } = talk;
    const isHome = url.origin === home.origin;
    const headers = { ...request.headers, ...(isHome && authorization !== undefined ? { authorization } : {}) };
    const answer = await exchange(talk, { ...request, url: url.href, headers });
    const to = [answer.headers.location ?? ''].flat()[0];
    // Whoever is sent to may not ask for the login of the one who sends.
    if (answer.status === 401 && !isHome) throw refused(talk, 401);
    if (!REDIRECTS.includes(answer.status) || !to) return answer;
    if (!URL.canParse(to, url.href)) throw notARegistry(talk.image, 'it sends to what is no address');
    url = new URL(to, url.href);
    assertSafe(talk, url, 'sends to');
  }
  throw notARegistry(talk.image, `it sends from one address to the next more than ${MOST_REDIRECTS} times`);
}

/** Only a registry of this machine may be spoken to without encryption, and only such a one may send to another. */
function assertSafe({ image }: Conversation, url: URL, does: string): void {
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && isLoopback(url.host) && isLoopback(image.registry)) return;
  throw notARegistry(image, `it ${does} ${url.protocol}//${url.host}, where nothing is encrypted`);
}

/** A registry of this machine is asked without encryption first, as Docker does, and with it when it does not understand. */
async function findAddress(talk: Conversation): Promise<URL> {
  const [first, second] = registryAddresses(talk.image.registry);
  if (!second) return first;
  const probe = { url: new URL('/v2/', second).href, headers: {} };
  try {
    const answer = await exchange(talk, probe);
    const isPlainRefused = answer.status === 400 && answer.headers['docker-distribution-api-version'] === undefined;
    return isPlainRefused ? first : second;
  } catch (error) {
    const code = (error as { readonly cause?: NodeJS.ErrnoException }).cause?.code ?? '';
    if (code.startsWith('HPE_') || code === 'ECONNRESET') return first;
    throw error;
  }
}

async function exchange(talk: Conversation, request: Omit<HttpRequest, 'timeoutMs'>): Promise<HttpResponse> {
  const { system, image, limitMs } = talk;
  const headers = { 'user-agent': 'onward', ...request.headers };
  const send = async (more: Pick<HttpRequest, 'authorities'> = {}) =>
    system.http.send({ ...request, ...more, headers, timeoutMs: remainingMs(talk) });
  try {
    return await send().catch(async (error: unknown) => {
      if (!isNotVouchedFor(error)) throw error;
      return send({ authorities: await loadAuthorities(system, image.registry) });
    });
  } catch (error) {
    if (error instanceof OnwardError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ETIMEDOUT') throw timedOut(image, limitMs);
    throw unreachable(image, message || code || 'no answer', error);
  }
}

/** At least one. Throws `registry.timeout` when none is left. */
function remainingMs({ system, image, limitMs, deadline }: Conversation): number {
  const left = deadline - system.clock.monotonicMs();
  if (left <= 0) throw timedOut(image, limitMs);
  return Math.max(1, Math.ceil(left));
}
