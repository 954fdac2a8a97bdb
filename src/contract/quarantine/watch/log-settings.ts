import type { Session } from '../../../system/index.ts';
import type { LogFormat } from './log-files.ts';

export interface LogSettings {
  readonly formats: readonly LogFormat[];
  readonly prefix: string;
}

interface Row {
  readonly collector: string;
  readonly level: string;
  readonly language: string;
  readonly destinations: string;
  readonly prefix: string;
  readonly quieter: readonly string[];
}

const SETTINGS_SQL = `
select s.collector, s.level, s.language, s.destinations, s.prefix,
  (select coalesce(jsonb_agg(distinct setting), '[]') from pg_catalog.pg_db_role_setting r, pg_catalog.unnest(r.setconfig) as setting
   where setting ~ '^log_min_messages=(log|fatal|panic)$') as quieter
from (select pg_catalog.current_setting('logging_collector') as collector, pg_catalog.current_setting('log_min_messages') as level,
             pg_catalog.current_setting('lc_messages') as language, pg_catalog.current_setting('log_destination') as destinations,
             pg_catalog.current_setting('log_line_prefix') as prefix) s`;

/** Levels under which an error is not written. */
const TOO_QUIET = ['log', 'fatal', 'panic'];

/** Those that tell most, first. */
const FORMATS: readonly LogFormat[] = ['jsonlog', 'csvlog', 'stderr'];

/** How the server writes its log, or why refused statements cannot be found in it. */
export async function loadLogSettings(session: Session): Promise<LogSettings | string> {
  const { rows } = await session.query<Row>(SETTINGS_SQL);
  const [row] = rows;
  if (!row) return 'its settings cannot be read';
  const { collector, level, language, prefix, quieter } = row;
  if (collector !== 'on') return 'logging_collector is off, so the log cannot be read through SQL';
  if (TOO_QUIET.includes(level)) return `log_min_messages is ${level}, so refused statements are not written`;
  if (quieter.length > 0)
    return `some roles or databases have ${quieter.join(', ')}, so what is refused to them is not written`;
  const given = row.destinations.split(',').map((name) => name.trim());
  // The plain format names what was refused by its message alone, in the language of the server, unless the prefix has the SQLSTATE.
  const isPlainReadable = prefix.includes('%e') || /^(C|POSIX|en)?([_.].*)?$/i.test(language);
  const formats = FORMATS.filter((name) => given.includes(name) && (name !== 'stderr' || isPlainReadable));
  if (formats.length > 0) return { formats, prefix };
  if (!given.includes('stderr')) return `log_destination is ${row.destinations}, which cannot be read through SQL`;
  return `messages are in the language ${language}, and log_line_prefix lacks %e`;
}
