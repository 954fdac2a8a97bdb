import { StringDecoder } from 'node:string_decoder';
import { PostgresError, type Session, type SqlParser, type System } from '../../../system/index.ts';
import { cleanStatement } from './clean-statement.ts';
import type { Refusal, Watched } from './evidence.ts';
import { type LogFormat, openLogFiles } from './log-files.ts';
import type { LogParser, LogRecord } from './log-record.ts';
import { loadLogSettings } from './log-settings.ts';
import { createCsvLogParser } from './parse-csv-log.ts';
import { createJsonLogParser } from './parse-json-log.ts';
import { createStderrLogParser } from './parse-stderr-log.ts';

/** The log of the server, read through SQL. It misses nothing while it can be read: what was written between two looks is read at the next. */
export interface ServerLog {
  readonly format: LogFormat;
  look(session: Session, watched: Watched): Promise<readonly Omit<Refusal, 'seenAt'>[]>;
  /** Has the server refuse something harmless, and tells whether that turns up in the log. May be asked again later. */
  prove(session: Session): Promise<boolean>;
}

interface Tools {
  readonly system: Pick<System, 'clock' | 'random' | 'redaction'>;
  readonly parser: SqlParser;
}

const NEEDED =
  'reading it takes EXECUTE on pg_current_logfile(text), pg_ls_logdir() and pg_read_binary_file(text, bigint, bigint, boolean)';

const PROOF_LIMIT_MS = 3_000;
const PROOF_POLL_MS = 20;

/** Opens the log at its present end, or says why it cannot be read. Every claim is tried: rights, place, format, and that errors are in it. */
export async function openServerLog(tools: Tools, session: Session): Promise<ServerLog | string> {
  const settings = await loadLogSettings(session);
  if (typeof settings === 'string') return settings;
  try {
    for (const format of settings.formats) {
      const { rows } = await session.query<{ current: string | null }>(
        'select pg_catalog.pg_current_logfile($1) as current',
        [format],
      );
      const current = rows[0]?.current ?? undefined;
      if (current === undefined) continue;
      const log = await createServerLog(tools, session, { format, current, prefix: settings.prefix });
      if (await log.prove(session)) return log;
    }
    return 'a statement that was refused on purpose did not turn up in it';
  } catch (error) {
    if (!(error instanceof PostgresError) || error.code !== '42501') throw error;
    return `${error.message}; ${NEEDED}`;
  }
}

async function createServerLog(
  tools: Tools,
  session: Session,
  at: { readonly format: LogFormat; readonly current: string; readonly prefix: string },
): Promise<ServerLog> {
  const files = await openLogFiles(session, at);
  const readers = new Map<string, { readonly decoder: StringDecoder; readonly parser: LogParser }>();
  const waiting: LogRecord[] = [];
  const read = async (on: Session): Promise<void> => {
    for (const { file, bytes } of await files.read(on)) {
      const known = readers.get(file);
      const reader = known ?? { decoder: new StringDecoder('utf8'), parser: createLogParser(at.format, at.prefix) };
      if (!known) readers.set(file, reader);
      waiting.push(...reader.parser.add(reader.decoder.write(bytes)));
    }
  };
  return {
    format: at.format,
    async look(on, watched) {
      await read(on);
      return waiting.splice(0).flatMap((record) => describeRefusal(tools, record, watched));
    },
    async prove(on) {
      const token = tools.system.random.hex(12);
      await on.query(renderProof(token)).catch(() => {});
      const deadline = tools.system.clock.monotonicMs() + PROOF_LIMIT_MS;
      for (;;) {
        await read(on);
        if (waiting.some((record) => record.message.includes(token) && isRefused(record))) return true;
        if (tools.system.clock.monotonicMs() > deadline) return false;
        await tools.system.clock.sleep(PROOF_POLL_MS);
      }
    },
  };
}

function createLogParser(format: LogFormat, prefix: string): LogParser {
  switch (format) {
    case 'csvlog':
      return createCsvLogParser();
    case 'jsonlog':
      return createJsonLogParser();
    case 'stderr':
      return createStderrLogParser(prefix);
  }
}

const PROOF_MARK = 'permission denied for table onward looks for this line in the log of the server';

function renderProof(token: string): string {
  return `do $$ begin raise exception using errcode = '42501', message = '${PROOF_MARK} ${token}'; end $$`;
}

function isRefused({ state, message }: LogRecord): boolean {
  return state === undefined ? message.startsWith('permission denied for ') : state === '42501';
}

/** Names of roles and databases are compared where the format gives them. In doubt it is a refusal. */
function describeRefusal(tools: Tools, record: LogRecord, watched: Watched): readonly Omit<Refusal, 'seenAt'>[] {
  const { role, database, application, statement, message } = record;
  if (!isRefused(record) || message.startsWith(PROOF_MARK)) return [];
  if (database !== undefined && database !== watched.database) return [];
  if (role !== undefined && watched.unaffected.has(role)) return [];
  if (!watched.tables.some((table) => namesTable(message, table))) return [];
  const clean = statement === undefined ? undefined : cleanStatement(tools.system, tools.parser, statement);
  return [
    {
      seenIn: 'server log',
      ...(role === undefined ? {} : { role }),
      ...(application === undefined ? {} : { application }),
      ...(clean === undefined ? {} : { statement: clean }),
    },
  ];
}

/** The message says the name without its schema, in whatever quotes its language has. */
function namesTable(message: string, table: string): boolean {
  const at = message.indexOf(table);
  if (at === -1) return false;
  const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}_$]/u.test(character);
  return !isWord(message[at - 1]) && !isWord(message[at + table.length]);
}
