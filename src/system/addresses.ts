import { lookup } from 'node:dns/promises';
import { realpath } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** Every address that this machine has, loopback ones too. */
export function listOwnAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}

/** The addresses that a host name stands for, in one spelling; every way to this machine is `loopback`. Empty: it cannot be told. */
export async function resolveAddresses(host: string): Promise<readonly string[]> {
  if (host.startsWith('/')) return [await realpath(host).catch(() => host)];
  const found = await lookup(host, { all: true }).catch(() => []);
  return [...new Set(found.map(({ address }) => normalise(address)))];
}

function normalise(address: string): string {
  const plain = address.replace(/^::ffff:/i, '').toLowerCase();
  return plain === '::1' || plain === '0.0.0.0' || plain.startsWith('127.') ? 'loopback' : plain;
}
