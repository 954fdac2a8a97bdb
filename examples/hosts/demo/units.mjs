import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SHOW = 'systemctl show --property=Id,MainPID,ExecMainStartTimestampMonotonic';
const PATTERNS = '"api-*.service" "worker.service" "scheduler.service"';

/**
 * The shop's units that run on a host, by systemd's own word. `process` names one process: it is another one after every restart.
 *
 * @typedef {{ host: string, unit: string, process: string }} Unit
 *
 * @param {string} sshConfig @param {string} host
 * @returns {Promise<Unit[]>}
 */
async function listUnits(sshConfig, host) {
  const { stdout } = await run('ssh', ['-F', sshConfig, '-o', 'BatchMode=yes', host, `${SHOW} ${PATTERNS}`]);
  return stdout
    .trim()
    .split('\n\n')
    .map((text) => Object.fromEntries(text.split('\n').map((line) => line.split('='))))
    .filter(({ MainPID = '0' }) => MainPID !== '0')
    .map(({ Id, MainPID, ExecMainStartTimestampMonotonic: start }) => ({
      host,
      unit: Id,
      process: `${MainPID}@${start}`,
    }));
}

/** Those of several hosts, host by host. @param {string} sshConfig @param {readonly string[]} hosts */
export async function listAllUnits(sshConfig, hosts) {
  const units = await Promise.all(hosts.map((host) => listUnits(sshConfig, host)));
  return units.flatMap((own) => own.sort((a, b) => a.unit.localeCompare(b.unit)));
}

/**
 * Names what differs between two moments, as `us-1 scheduler.service`: units that came, went or run another process.
 *
 * @param {readonly Unit[]} before @param {readonly Unit[]} after
 * @param {readonly string[]} services whose units may differ
 */
export function findDisturbed(before, after, services = []) {
  const isFree = (/** @type {Unit} */ { unit }) => services.some((service) => unit.split(/[@.]/)[0] === service);
  const missing = (/** @type {readonly Unit[]} */ units, /** @type {readonly Unit[]} */ from) =>
    units.filter((unit) => !from.some((other) => Object.keys(unit).every((key) => other[key] === unit[key])));
  const differing = [...missing(before, after), ...missing(after, before)].filter((unit) => !isFree(unit));
  return [...new Set(differing.map(({ host, unit }) => `${host} ${unit}`))];
}
