/**
 * Images of what this machine has, because none is pulled: `nodeImage()`, `busyboxImage()`, `haproxyImage()`, `postgresImage()`.
 *
 * Each gives its reference, such as `onward-test/node:4f2a…`, and builds it the first time (1 to 3 s). They are a cache, as node_modules is:
 * tests leave them. All have busybox, so `sh`, `wget` and `nc 127.0.0.1 5432 < /dev/null` work for health checks.
 */
import { readFile } from 'node:fs/promises';
import { PG_ISREADY, postgresFiles } from './postgres-image.ts';
import {
  BUSYBOX,
  copyBusybox,
  copyNode,
  copyPrograms,
  ensureImage,
  keyOfFiles,
  NODE,
  writeSystemFiles,
} from './rootfs.ts';

const COMMANDS = [
  'sh',
  'cat',
  'chmod',
  'chown',
  'cp',
  'date',
  'dd',
  'df',
  'echo',
  'env',
  'false',
  'grep',
  'head',
  'hostname',
  'httpd',
  'id',
  'kill',
  'ls',
  'mkdir',
  'mv',
  'nc',
  'ps',
  'rm',
  'sed',
  'su',
  'sleep',
  'stat',
  'sync',
  'tail',
  'test',
  'touch',
  'tr',
  'true',
  'wget',
];
const PATH = 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const HAPROXY = '/usr/sbin/haproxy';

/** `sh` and small commands, nothing else. */
export async function busyboxImage(): Promise<string> {
  return ensureImage({
    name: 'onward-test/busybox',
    key: [...(await keyOfFiles(BUSYBOX)), ...COMMANDS],
    configuration: [PATH, 'CMD ["sh"]'],
    fill: writeSmallSystem,
  });
}

/** The Node that runs the tests. */
export async function nodeImage(): Promise<string> {
  return ensureImage({
    name: 'onward-test/node',
    key: [...(await keyOfFiles(BUSYBOX, process.execPath)), ...COMMANDS, NODE],
    configuration: [PATH, 'CMD ["node"]'],
    async fill(folder) {
      await writeSmallSystem(folder);
      await copyNode(folder);
    },
  });
}

/** Debian's HAProxy; its configuration is expected at /usr/local/etc/haproxy/haproxy.cfg, as in the official image. */
export async function haproxyImage(): Promise<string> {
  return ensureImage({
    name: 'onward-test/haproxy',
    key: [...(await keyOfFiles(BUSYBOX, HAPROXY)), ...COMMANDS],
    configuration: [
      PATH,
      'STOPSIGNAL SIGUSR1',
      'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]',
    ],
    async fill(folder) {
      await writeSmallSystem(folder);
      await copyPrograms(folder, HAPROXY);
    },
  });
}

/**
 * Postgres 15, with the variables of the official image: POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, POSTGRES_USER, POSTGRES_DB. An empty
 * /var/lib/postgresql/data is initialised; logins over the network need the password (scram). The server runs as `postgres`.
 */
export async function postgresImage(version: '14' | '15' | '16' | '17' | '18' = '15'): Promise<string> {
  const files = await postgresFiles(version);
  const entry = await readFile(new URL('./postgres-entry.sh', import.meta.url), 'utf8');
  return ensureImage({
    name: 'onward-test/postgres',
    key: [...(await keyOfFiles(BUSYBOX)), ...COMMANDS, files.version, entry, PG_ISREADY],
    configuration: [
      'ENV PATH=/opt/postgres/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data',
      'VOLUME /var/lib/postgresql/data',
      'STOPSIGNAL SIGINT',
      'EXPOSE 5432',
      'ENTRYPOINT ["sh", "/entry.sh"]',
      'CMD ["postgres"]',
    ],
    async fill(folder) {
      await writeSmallSystem(folder);
      await files.copyTo(folder, entry);
    },
  });
}

async function writeSmallSystem(folder: string): Promise<void> {
  await writeSystemFiles(folder);
  await copyBusybox(folder, COMMANDS);
}
