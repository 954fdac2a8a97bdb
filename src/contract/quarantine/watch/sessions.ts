import type { DoomedObject } from '../../../model/index.ts';
import type { Session, SqlParser, System } from '../../../system/index.ts';
import { cleanStatement } from './clean-statement.ts';
import type { Refusal, Watched } from './evidence.ts';
import { namesDoomed } from './names-doomed.ts';

/** What sessions do now, or did last. A statement that is followed by another one before the next look is missed. */
export interface SessionSamples {
  look(session: Session, watched: Watched): Promise<readonly Omit<Refusal, 'seenAt'>[]>;
}

interface Row {
  readonly role: string;
  readonly application: string;
  readonly query: string;
  readonly started: string;
  readonly pid: number;
}

const CAN_SEE_SQL = `
select pg_catalog.current_setting('track_activities') = 'on' as is_tracked,
  pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') as may_read`;

const SAMPLE_SQL = `
select a.usename as role, a.application_name as application, a.query, a.query_start as started, a.pid
from pg_catalog.pg_stat_activity a
where a.datname = pg_catalog.current_database() and a.usename is not null and a.query <> ''
  and a.application_name not like 'onward%' and a.query_start >= $1::pg_catalog.timestamptz and a.usename <> all ($2::pg_catalog.text[])`;

/** Texts that were judged already; sessions send the same ones again and again. */
const MOST_KNOWN = 2_000;

/** Gives why it cannot see instead, when it cannot. `since`: when the privileges went, by the clock of the database. */
export async function openSessionSamples(
  tools: { readonly system: Pick<System, 'redaction'>; readonly parser: SqlParser },
  session: Session,
  { doomed, since }: { readonly doomed: readonly DoomedObject[]; readonly since: () => string },
): Promise<SessionSamples | string> {
  const { rows } = await session.query<{ is_tracked: boolean; may_read: boolean }>(CAN_SEE_SQL);
  if (!rows[0]?.is_tracked) return 'track_activities is off';
  if (!rows[0].may_read)
    return 'the role of Onward may not read the statements of others, which takes pg_read_all_stats';
  const verdicts = new Map<string, boolean>();
  const reported = new Set<string>();
  const names = (query: string): boolean => {
    const known = verdicts.get(query);
    if (known !== undefined) return known;
    if (verdicts.size >= MOST_KNOWN) verdicts.clear();
    const verdict = namesDoomed(tools.parser, query, doomed);
    verdicts.set(query, verdict);
    return verdict;
  };
  return {
    async look(on, watched) {
      const { rows: samples } = await on.query<Row>(SAMPLE_SQL, [since(), [...watched.unaffected]]);
      return samples.flatMap(({ role, application, query, started, pid }) => {
        const key = `${pid} ${started}`;
        if (reported.has(key) || !names(query)) return [];
        reported.add(key);
        const statement = cleanStatement(tools.system, tools.parser, query);
        return [
          {
            seenIn: 'sessions',
            role,
            ...(application === '' ? {} : { application }),
            ...(statement === undefined ? {} : { statement }),
          } as const,
        ];
      });
    },
  };
}
