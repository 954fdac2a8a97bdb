import type { DoomedObject } from '../../../model/index.ts';
import { loadSqlParser, type Session, type System } from '../../../system/index.ts';
import type { Layer, Refusal, Watched } from './evidence.ts';
import { openServerLog, type ServerLog } from './server-log.ts';
import { openSessionSamples, type SessionSamples } from './sessions.ts';

/** Watches one database for statements that are refused because of a quarantine. */
export interface RefusalWatch {
  /** Which ways of seeing could see until now. With none, nobody can tell whether a statement was refused. */
  layers(): readonly Layer[];
  /** What has come to light since the last look. Its session may be another one than the last time. */
  look(session: Session, quarantine: WatchedQuarantine): Promise<readonly Refusal[]>;
  /** Tries again whether the server's log still tells; a layer that went blind stays so. */
  proveAgain(session: Session): Promise<void>;
  /** Transactions that were rolled back since the watch began, for whatever reason. */
  countRollbacks(session: Session): Promise<number>;
}

export interface WatchedQuarantine {
  readonly tables: readonly string[];
  readonly unaffected: ReadonlySet<string>;
  readonly beganAt: string;
}

const HOW: Readonly<Record<Layer['name'], (log?: ServerLog) => string>> = {
  'server log': (log) => `read through SQL (${log?.format}); every refused statement is in it`,
  sessions: () => 'sampled; a statement that is followed by another one before the next sample is missed',
};

/** Opens every way of seeing that there is. To be opened before the privileges go, so that nothing lies between. */
export async function watchRefusals(
  system: Pick<System, 'clock' | 'random' | 'redaction'>,
  session: Session,
  doomed: readonly DoomedObject[],
): Promise<RefusalWatch> {
  const tools = { system, parser: await loadSqlParser() };
  let since = 'infinity';
  const log = await openServerLog(tools, session);
  const samples = await openSessionSamples(tools, session, { doomed, since: () => since });
  const layers = new Map<Layer['name'], Layer>([
    ['server log', describeLayer('server log', log)],
    ['sessions', describeLayer('sessions', samples)],
  ]);
  const { rollbacks: before } = await loadDatabase(session);
  return {
    layers: () => [...layers.values()],
    async look(on, { tables, unaffected, beganAt }) {
      since = beganAt;
      const { database, now } = await loadDatabase(on);
      const watched: Watched = { tables, unaffected, database };
      const seen: Omit<Refusal, 'seenAt'>[] = [];
      for (const layer of [log, samples]) if (typeof layer !== 'string') seen.push(...(await layer.look(on, watched)));
      return seen.map((refusal) => ({ seenAt: now, ...refusal }));
    },
    async proveAgain(on) {
      if (typeof log === 'string' || !layers.get('server log')?.canSee || (await log.prove(on))) return;
      const description = 'a statement that was refused on purpose did not turn up in it any more';
      layers.set('server log', { name: 'server log', canSee: false, description });
    },
    countRollbacks: async (on) => (await loadDatabase(on)).rollbacks - before,
  };
}

function describeLayer(name: Layer['name'], opened: ServerLog | SessionSamples | string): Layer {
  if (typeof opened === 'string') return { name, canSee: false, description: opened };
  return { name, canSee: true, description: HOW[name]('format' in opened ? opened : undefined) };
}

async function loadDatabase(
  session: Session,
): Promise<{ readonly database: string; readonly now: string; readonly rollbacks: number }> {
  const { rows } = await session.query<{ database: string; now: string; rollbacks: string }>(
    `select pg_catalog.current_database() as database, pg_catalog.clock_timestamp() as now,
       (select xact_rollback from pg_catalog.pg_stat_database where datname = pg_catalog.current_database()) as rollbacks`,
  );
  const [row] = rows;
  return { database: row?.database ?? '', now: row?.now ?? '', rollbacks: Number(row?.rollbacks ?? 0) };
}
