import { homedir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { System } from '../system.ts';

/** Where systems keep all that they trust: Debian and Alpine, Red Hat, SUSE. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const NOT_VOUCHED_FOR = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** Whether a connection failed because nobody who is trusted vouches for the other side. */
export function isNotVouchedFor(error: unknown): boolean {
  return NOT_VOUCHED_FOR.includes((error as NodeJS.ErrnoException).code ?? '');
}

/**
 * All that Docker would trust for a registry, as PEM: the system's authorities, which Node leaves aside (`SSL_CERT_FILE` names others), and
 * those in the registry's folder of `certs.d`. What cannot be read is left out.
 */
export async function loadAuthorities(
  { files, environment }: Pick<System, 'files' | 'environment'>,
  registry: string,
): Promise<readonly string[]> {
  const read = (path: string) => files.readTextIfPresent(path).catch(() => undefined);
  const own = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
  const folders = ['/etc', own].map((folder) => join(folder, 'docker/certs.d', registry));
  const bundles = environment.SSL_CERT_FILE ? [environment.SSL_CERT_FILE] : BUNDLES;
  const texts = [...rootCertificates, (await Promise.all(bundles.map(read))).find((text) => text !== undefined)];
  for (const folder of folders) {
    const names = await files.names(folder).catch(() => []);
    for (const name of names) if (name.endsWith('.crt')) texts.push(await read(join(folder, name)));
  }
  return texts.flatMap((text) => text ?? []);
}
