import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import type { Hosts } from './systemd-hosts.ts';

/** A server on loopback and on this machine's address in the hosts' network, which `address` names; nobody but the hosts is let in there. */
export async function startPostgresFor({
  list,
}: Hosts): Promise<{ readonly server: EmbeddedPostgres; readonly address: string }> {
  const subnet = `${list[0]?.address}`.replace(/\.\d+$/, '');
  const address = `${subnet}.1`;
  const directory = await mkdtemp(join(tmpdir(), 'onward-postgres-'));
  const access = join(directory, 'access.conf');
  await writeFile(access, `host all all samehost trust\nhost all all ${subnet}.0/24 trust\n`, { mode: 0o644 });
  const settings = { listen_addresses: `127.0.0.1,${address}`, hba_file: access };
  return { server: await startEmbeddedPostgres({ isDurable: false, directory, settings }), address };
}
