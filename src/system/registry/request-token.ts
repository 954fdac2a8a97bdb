import type { ImageReference } from '../../model/index.ts';
import type { HttpRequest } from '../http.ts';
import { type Credentials, encodeBasic } from './credentials.ts';
import { notARegistry } from './errors.ts';
import { parseRecord, textOf } from './untrusted.ts';

export interface TokenRequest extends Omit<HttpRequest, 'timeoutMs'> {
  readonly headers: { readonly [name: string]: string };
  /** The token in the answer. Throws `registry.not-a-registry` when there is none. */
  read(body: string): string;
}

const CLIENT = 'onward';

/**
 * What asks a registry's token server for the right to read one repository: with a name and password, with an identity token, or as nobody.
 * Throws `registry.not-a-registry` when the challenge names no address.
 */
export function requestToken({
  image,
  parameters,
  credentials,
}: {
  readonly image: ImageReference;
  /** Of the challenge. */
  readonly parameters: { readonly [name: string]: string };
  readonly credentials: Credentials | undefined;
}): TokenRequest {
  const { realm = '', service, scope = `repository:${image.repository}:pull` } = parameters;
  if (!URL.canParse(realm)) throw notARegistry(image, 'it asks for a login, and not where');
  const asked = { ...(service === undefined ? {} : { service }), scope };
  const read = (body: string) => {
    const { token, access_token } = parseRecord(body);
    const found = textOf(token) ?? textOf(access_token);
    // What goes into a header must be one line of plain characters.
    if (found === undefined || !/^[\x21-\x7e]+$/.test(found)) throw notARegistry(image, 'its login gives no token');
    return found;
  };
  if (credentials?.kind === 'identity-token') {
    const form = { grant_type: 'refresh_token', refresh_token: credentials.token, client_id: CLIENT, ...asked };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, body: new URLSearchParams(form).toString(), headers, read };
  }
  const url = new URL(realm);
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return { url: url.href, headers: credentials ? { authorization: `Basic ${encodeBasic(credentials)}` } : {}, read };
}
