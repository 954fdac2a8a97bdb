import pg from 'pg';
import { runChild } from '../../demo/child.mjs';
import { DemoError } from '../../demo/run-demo.mjs';

const TABLES = `select count(*)::int as tables from pg_catalog.pg_tables where schemaname not in ('pg_catalog', 'information_schema')`;
const LIMIT_S = 15;
const SHOP = '/var/lib/onward/shop';
const USED = 4;
const LOOK = `command -v systemctl > /dev/null || exit 3; test ! -e ${SHOP} || exit ${USED}`;

/**
 * Refuses to begin where something is not there that the demo needs: hosts with systemd that let this user in and never had a shop, and an empty database.
 *
 * @param {{ sshConfig: string, hosts: readonly string[], databaseUrl: string, signal: AbortSignal }} needs
 */
export async function assertNeeds({ sshConfig, hosts, databaseUrl, signal }) {
  await Promise.all(hosts.map((host) => assertHost(host, sshConfig, signal)));
  const tables = await countTables(databaseUrl).catch((error) => {
    throw lacking(`the database of --database: ${error.message || error.code}`);
  });
  if (tables > 0) throw lacking(`an empty database, and that of --database has ${tables} tables`);
}

async function assertHost(host, sshConfig, signal) {
  const argv = ['-F', sshConfig, '-o', 'BatchMode=yes', '-o', `ConnectTimeout=${LIMIT_S}`, host, LOOK];
  const { exit, stderr } = await runChild('ssh', argv, { signal });
  if (exit === 0) return;
  // Its epoch is that of another database, so nobody could change the shop on that host with this one.
  if (exit === USED) throw lacking(`hosts that had no shop before: remove ${SHOP} from ${host}`);
  const said = exit === 255 ? stderr.trim().split('\n').at(-1) : 'there is no systemd on it';
  throw lacking(`${host}, as "ssh -F ${sshConfig} ${host}" reaches it: ${said}`);
}

async function countTables(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: LIMIT_S * 1_000 });
  await client.connect();
  try {
    return (await client.query(TABLES)).rows[0].tables;
  } finally {
    await client.end();
  }
}

function lacking(what) {
  return new DemoError(`This demo needs ${what}`, { exit: 2 });
}
