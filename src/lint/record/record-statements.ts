import { type ConnectionTarget, loadSqlParser, type Session, type SqlParser, type System } from '../../system/index.ts';
import { classifyText } from './choose-statements.ts';
import { cleanText } from './clean-text.ts';
import { notSeen, type Unseen } from './describe-missing.ts';
import { unknownRoles } from './errors.ts';
import { loadStatistics, type Statistics, type StatisticsRow } from './load-statistics.ts';
import type { RecordedStatement, StatementsFile } from './statements-file.ts';

export interface RecordOptions {
  /** Only what these roles sent. Left out: all roles but superusers, unless only superusers have sent anything. */
  readonly roles?: readonly string[];
  /** Leave out what was run less often; 1 unless told. */
  readonly minimumCalls?: number;
  /** The release whose services run now, for people. */
  readonly release?: string;
}

const APPLICATION_NAME = 'onward record';

/**
 * The statements that the running version has sent to this database, from pg_stat_statements, without constants, and what could not be
 * seen. Reads, and changes nothing. Throws `lint.cannot-record` when the server does not count statements, and `lint.unknown-role`.
 */
export async function recordStatements(
  system: System,
  target: ConnectionTarget,
  options: RecordOptions = {},
): Promise<StatementsFile> {
  const parser = await loadSqlParser();
  const session = await system.postgres.connect(target, { applicationName: APPLICATION_NAME });
  try {
    const statistics = await loadStatistics(session, target);
    await assertKnown(session, options.roles ?? []);
    const chosen = choose(parser, statistics, options);
    return {
      format: 1,
      recordedAt: system.clock.now().toISOString(),
      server: statistics.server,
      ...(options.release === undefined ? {} : { release: options.release }),
      missing: [...notSeen(statistics, chosen.unseen)],
      statements: [...chosen.statements],
    };
  } finally {
    await session.close();
  }
}

async function assertKnown(session: Session, wanted: readonly string[]): Promise<void> {
  const { rows } = await session.query<{ rolname: string }>('select rolname from pg_catalog.pg_roles');
  const unknown = wanted.filter((role) => !rows.some(({ rolname }) => rolname === role));
  if (unknown.length > 0) throw unknownRoles(unknown);
}

interface Choice {
  readonly statements: readonly RecordedStatement[];
  readonly unseen: Unseen;
}

export function choose(
  parser: SqlParser,
  { rows }: Pick<Statistics, 'rows'>,
  options: Pick<RecordOptions, 'roles' | 'minimumCalls'>,
): Choice {
  const { roles, minimumCalls = 1 } = options;
  const hasOthers = rows.some(({ isSuperuser }) => !isSuperuser);
  const isWanted = ({ role, isSuperuser }: StatisticsRow) =>
    roles === undefined ? !(isSuperuser && hasOthers) : roles.includes(role);
  const unseen = { hidden: 0, unreadable: 0, superusers: 0, utility: 0, rare: 0 };
  const merged = new Map<string, RecordedStatement>();
  for (const row of rows) {
    if (!isWanted(row)) {
      if (roles === undefined) unseen.superusers += 1;
      continue;
    }
    const text = row.sql === undefined ? undefined : cleanText(parser, row.sql);
    const kind = text === undefined ? undefined : classifyText(parser, text);
    if (row.sql === undefined) unseen.hidden += 1;
    else if (text === undefined) unseen.unreadable += 1;
    else if (kind === 'utility') unseen.utility += 1;
    else if (kind === 'work') add(merged, text, row);
  }
  const all = [...merged.values()].sort((a, b) => b.calls - a.calls || (a.sql < b.sql ? -1 : 1));
  const statements = all.filter(({ calls }) => calls >= minimumCalls);
  return { statements, unseen: { ...unseen, rare: all.length - statements.length } };
}

/** One text may be counted several times: under several versions of its tables, or with other comments. */
function add(merged: Map<string, RecordedStatement>, sql: string, row: StatisticsRow): void {
  const key = JSON.stringify([sql, row.role]);
  const calls = (merged.get(key)?.calls ?? 0) + row.calls;
  const { role, searchPath } = row;
  merged.set(key, {
    sql,
    calls,
    ...(role === '' ? {} : { role }),
    ...(searchPath === undefined ? {} : { searchPath }),
  });
}
