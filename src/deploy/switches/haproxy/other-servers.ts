import type { OtherServer, OtherServers } from '../switch.ts';
import { type BackendTexts, count, isTakenOut, parseCsv, parseInfo, parseStates } from './facts.ts';
import { renderAddress } from './names.ts';

/** What one process says of all of its servers. */
export type StatTexts = Pick<BackendTexts, 'info' | 'stat' | 'state'>;

/** Reads the servers of all backends but one, with what processes from before a reload still have there. Pure. */
export function parseOthers(
  backend: string,
  now: StatTexts,
  earlier: readonly StatTexts[],
): Omit<OtherServers, 'isOnThisMachine'> {
  const servers = new Map(listServers(backend, now).map((server) => [keyOf(server), server]));
  for (const { lastS: _, ...server } of earlier.flatMap((texts) => listServers(backend, texts))) {
    // It takes nothing new: what it was given is done, or in flight.
    const known = servers.get(keyOf(server)) ?? { ...server, isOut: true, inFlight: 0, asked: 0 };
    servers.set(keyOf(server), { ...known, inFlight: known.inFlight + server.inFlight });
  }
  return {
    countedS: parseInfo(now.info).uptimeS,
    servers: [...servers.values()].flatMap(({ isOut, ...server }) => (isOut && server.inFlight === 0 ? [] : [server])),
  };
}

type FoundServer = OtherServer & { readonly isOut: boolean };

function listServers(backend: string, { stat, state }: StatTexts): readonly FoundServer[] {
  const rows = parseCsv(stat);
  const frontends = new Set(rows.flatMap(({ pxname, svname }) => (svname === 'FRONTEND' ? [pxname] : [])));
  const counts = new Map(rows.map((row) => [`${row.pxname}/${row.svname}`, row]));
  return parseStates(state)
    .filter(({ be_name }) => be_name !== backend)
    .map((found) => {
      const { be_name = '', srv_name = '', srv_addr = '' } = found;
      const row = counts.get(`${be_name}/${srv_name}`) ?? {};
      const lastS = count(row.lastsess ?? '-1');
      return {
        ...{ backend: be_name, isListen: frontends.has(be_name), server: srv_name },
        address: { host: srv_addr, port: count(found.srv_port) },
        isOut: isTakenOut(found),
        inFlight: count(row.scur) + count(row.qcur),
        asked: count(row.stot),
        ...(lastS < 0 ? {} : { lastS }),
      };
    });
}

function keyOf({ backend, server, address }: OtherServer): string {
  return `${backend}/${server} ${renderAddress(address)}`;
}
