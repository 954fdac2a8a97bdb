import type { Listen } from '../../../model/index.ts';
import { unreadable } from './errors.ts';

/** One server of a backend, as HAProxy has it now. */
export interface ServerFact {
  readonly name: string;
  readonly serverId: string;
  readonly address: Listen;
  /** Taken out: nothing new, what it has goes on. */
  readonly isOut: boolean;
  readonly isDraining: boolean;
  readonly weight: number;
  readonly isChecked: boolean;
  /** A health check has come to a result since HAProxy knows it. */
  readonly hasResult: boolean;
  readonly inFlight: number;
  readonly serverErrors: number;
}

export interface BackendFacts {
  readonly version: string;
  readonly pid: number;
  /** Another text after each start of the process that counts. */
  readonly since: string;
  /** Connections of clients to the process, whatever they are for. */
  readonly connections: number;
  readonly mode: 'http' | 'tcp';
  readonly servers: readonly ServerFact[];
  /** Requests that it was given, and those of them that are not done. */
  readonly total: number;
  readonly current: number;
  /** In the queue of the backend. */
  readonly waiting: number;
  /** Of `current`, those that a server of this process has. */
  readonly atServers: number;
  /** Requests that found no server, could connect to none, or waited too long. */
  readonly connectFailures: number;
  readonly answerFailures: number;
  readonly retried: number;
  readonly held: number;
}

export interface BackendTexts {
  /** `show info` */
  readonly info: string;
  /** `show stat -1 6 -1` */
  readonly stat: string;
  /** `show servers state <backend>` */
  readonly state: string;
  /** `show table <backend>` */
  readonly table: string;
}

/** Not 0x04: a line that says `disabled` sets it for good, and 0x01 beside it until the server is made ready. */
const MAINTENANCE = 0x01 | 0x02 | 0x20 | 0x40;
const DRAIN = 0x08 | 0x10;
const CHECK_ENABLED = 0x04;
const CHECK_INITIAL = 1;

/** Reads the answers of HAProxy; `undefined` when it has no such backend. Pure. */
export function parseBackend(backend: string, texts: BackendTexts): BackendFacts | undefined {
  const { uptimeS: _, ...info } = parseInfo(texts.info);
  const rows = parseCsv(texts.stat).filter((row) => row.pxname === backend);
  const own = rows.find((row) => row.svname === 'BACKEND');
  if (!own) return undefined;
  if (own.mode !== 'http' && own.mode !== 'tcp') throw unreadable(`backend ${backend} has mode "${own.mode}"`);
  const states = parseStates(texts.state);
  const held = /\bkey=held\b.*\bgpc0=(\d+)/.exec(texts.table)?.[1];
  return {
    ...info,
    mode: own.mode,
    servers: states.map((state) => toServer(state, rows.find((row) => row.svname === state.srv_name) ?? {})),
    total: count(own.stot),
    current: count(own.scur),
    waiting: count(own.qcur),
    atServers: rows.filter((row) => row !== own).reduce((sum, row) => sum + count(row.scur), 0),
    connectFailures: count(own.econ),
    answerFailures: count(own.eresp),
    retried: count(own.wredis),
    held: count(held),
  };
}

export type Row = { readonly [column: string]: string | undefined };

function toServer(state: Row, stat: Row): ServerFact {
  const current = count(state.srv_uweight);
  return {
    name: state.srv_name ?? '',
    serverId: state.srv_id ?? '',
    address: { host: state.srv_addr ?? '', port: count(state.srv_port) },
    isOut: isTakenOut(state),
    isDraining: (count(state.srv_admin_state) & DRAIN) !== 0,
    weight: current > 0 ? current : count(state.srv_iweight),
    isChecked: (count(state.srv_check_state) & CHECK_ENABLED) !== 0,
    hasResult: count(state.srv_check_status) > CHECK_INITIAL,
    inFlight: count(stat.scur) + count(stat.qcur),
    serverErrors: count(stat.hrsp_5xx),
  };
}

/** Whether a server, as a line of `show servers state` has it, gets nothing new. */
export function isTakenOut({ srv_admin_state }: Row): boolean {
  return (count(srv_admin_state) & MAINTENANCE) !== 0;
}

/** Reads `show info`. Pure. */
export function parseInfo(
  text: string,
): Pick<BackendFacts, 'version' | 'pid' | 'since' | 'connections'> & { readonly uptimeS: number } {
  const value = (key: string) => new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1]?.trim();
  const [version, pid] = [value('Version'), value('Pid')];
  if (version === undefined || pid === undefined)
    throw unreadable(`"${text.slice(0, 100)}" is no answer to "show info"`);
  return {
    version,
    pid: Number(pid),
    since: `${pid}@${value('Start_time_sec') ?? ''}`,
    connections: count(value('CurrConns')),
    uptimeS: count(value('Uptime_sec')),
  };
}

/** Reads `show stat`. A text in quotes may hold a comma, and stands behind everything that is asked for here. Pure. */
export function parseCsv(text: string): readonly Row[] {
  const [head, ...lines] = text.split('\n');
  if (!head?.startsWith('# pxname,')) throw unreadable(`"${text.slice(0, 100)}" is no answer to "show stat"`);
  const columns = head.slice(2).split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(columns.map((column, index) => [column, cells[index]]));
  });
}

/** Reads `show servers state`. Pure. */
export function parseStates(text: string): readonly Row[] {
  const lines = text.split('\n');
  const head = lines.find((line) => line.startsWith('# be_id '));
  if (head === undefined) throw unreadable(`"${text.slice(0, 100)}" is no answer to "show servers state"`);
  const columns = head.slice(2).split(' ');
  return lines
    .filter((line) => /^\d+ \S/.test(line))
    .map((line) => {
      const cells = line.split(' ');
      return Object.fromEntries(columns.map((column, index) => [column, cells[index]]));
    });
}

export function count(text: string | undefined): number {
  const number = Number(text ?? 0);
  return Number.isFinite(number) ? number : 0;
}
