import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ImageReference } from '../../model/index.ts';
import type { System } from '../system.ts';
import { unusableCredentials } from './errors.ts';
import { parseRecord, recordOf, textOf } from './untrusted.ts';

/** What opens a registry: a name and password, or a token that is exchanged for others. */
export type Credentials = { readonly from: string } & (
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }
);

type CredentialSystem = Pick<System, 'files' | 'exec' | 'environment' | 'redaction'>;

/** Docker's own name for its registry, in its configuration and for its helpers. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
/** How helpers say that they are given a token and not a password. */
const TOKEN_USER = '<token>';

/**
 * What Docker itself would present to the registry of an image: from `config.json` in DOCKER_CONFIG or `~/.docker`, or from the helper that it
 * names, within the limit. `undefined` when there is nothing for it. Throws `registry.credentials` when the file or the helper cannot be used.
 */
export async function loadCredentials(
  system: CredentialSystem,
  image: ImageReference,
  limitMs: number,
): Promise<Credentials | undefined> {
  const { environment, redaction } = system;
  const file = join(environment.DOCKER_CONFIG || join(environment.HOME || homedir(), '.docker'), 'config.json');
  const text = await system.files.readTextIfPresent(file);
  if (text === undefined) return undefined;
  const config = parseConfig(image, file, text);
  const key = image.registry === 'docker.io' ? DOCKER_HUB_KEY : image.registry;
  const helper = textOf(recordOf(config.credHelpers)[key]) ?? textOf(config.credsStore);
  const stored = helper === undefined ? undefined : await askHelper(system, image, { helper, key, limitMs });
  const found = stored ?? readAuth(image, { file, auths: recordOf(config.auths) });
  if (found) redaction.add(found.kind === 'password' ? found.password : found.token);
  if (found?.kind === 'password') redaction.add(encodeBasic(found));
  return found;
}

/** `user:password` as basic authentication sends it. */
export function encodeBasic({ user, password }: { readonly user: string; readonly password: string }): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

function parseConfig(image: ImageReference, file: string, text: string): { readonly [key: string]: unknown } {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    throw unusableCredentials(image, `${file} is not JSON`);
  }
}

/** Keys may be written as a host or as an address: `registry.example`, `https://registry.example/v1/`. */
function readAuth(
  image: ImageReference,
  { file, auths }: { readonly file: string; readonly auths: { readonly [key: string]: unknown } },
): Credentials | undefined {
  const host = image.registry === 'docker.io' ? 'index.docker.io' : image.registry;
  const key = Object.keys(auths).find((name) => name.replace(/^https?:\/\//, '').replace(/\/.*$/, '') === host);
  const entry = recordOf(key === undefined ? undefined : auths[key]);
  const token = textOf(entry.identitytoken);
  if (token) return { kind: 'identity-token', token, from: file };
  const auth = Buffer.from(textOf(entry.auth) ?? '', 'base64').toString('utf8');
  const colon = auth.indexOf(':');
  const user = colon > 0 ? auth.slice(0, colon) : textOf(entry.username);
  const password = colon > 0 ? auth.slice(colon + 1).replace(/\0+$/, '') : textOf(entry.password);
  return user && password ? { kind: 'password', user, password, from: file } : undefined;
}

async function askHelper(
  system: CredentialSystem,
  image: ImageReference,
  { helper, key, limitMs }: { readonly helper: string; readonly key: string; readonly limitMs: number },
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  if (!/^[A-Za-z0-9_.-]+$/.test(helper)) throw unusableCredentials(image, `"${helper}" is no name of a helper`);
  const options = { input: key, timeoutMs: limitMs, ownGroup: true, environment: system.environment };
  const result = await system.exec.run([program, 'get'], options).catch(() => {
    throw unusableCredentials(image, `there is no program ${program}`);
  });
  if (result.timedOut) throw unusableCredentials(image, `${program} did not answer in time`);
  // Helpers say on standard output that they have nothing, and exit with 1.
  if (/credentials not found/i.test(result.stdout)) return undefined;
  if (result.exitCode !== 0) throw unusableCredentials(image, `${program} ended with exit code ${result.exitCode}`);
  const answer = parseRecord(result.stdout);
  const [user, secret] = [textOf(answer.Username), textOf(answer.Secret)];
  if (!user || !secret) throw unusableCredentials(image, `${program} answered with no name and secret`);
  if (user === TOKEN_USER) return { kind: 'identity-token', token: secret, from: program };
  return { kind: 'password', user, password: secret, from: program };
}
