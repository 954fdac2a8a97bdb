import type { Rule, Subject } from '../rule.ts';
import { isResetLater, settingsOf, TIME_LIMITS } from '../settings.ts';
import { canTag } from '../statement-parts.ts';

export const sessionSetting: Rule = {
  id: 'session-setting',
  hazards: ['S27'],
  class: 'discipline',
  severity: 'error',
  title: 'Setting or role left behind in the session',
  why: 'SET without LOCAL outlives the file. The next migrations of the same session run with it: in another schema, as another role, with another time zone. They then do something else than when they are run one by one, and behind a pooler the setting may reach the application.',
  help: 'Write SET LOCAL, which ends with the transaction, or RESET it at the end of the file.',
  bad: [
    { before: 'create schema audit;', sql: 'set search_path = audit; create table entries (id bigint primary key);' },
    { sql: "select pg_catalog.set_config('search_path', '', false);" },
    { sql: 'set role none; create table entries (id bigint primary key);' },
  ],
  good: [
    { sql: 'set local timezone = utc; create table entries (id bigint primary key);' },
    { sql: 'set timezone = utc; create table entries (id bigint primary key); reset timezone;' },
    { sql: "select set_config('timezone', 'utc', true);" },
  ],
  check(subject) {
    const { node, file, index, statement } = subject;
    const left = settingsOf(node).filter(({ name, isLocal }) => {
      if (isLocal || (TIME_LIMITS.has(name) && canTag(file.layout))) return false;
      return !isResetLater(file.statements, index, name);
    });
    const fix = 'VariableSetStmt' in node ? asLocal(subject) : undefined;
    return left.map(({ name }) => ({
      message: `${name} stays set for whatever runs in this session behind the file`,
      ...(fix === undefined || fix === statement.text ? {} : { fix }),
    }));
  },
};

/** The same for the file's transaction only; none when each statement commits by itself. */
function asLocal({ file, statement }: Subject): string | undefined {
  if (!file.isTransactional || /^set\s+session\s+characteristics\b/i.test(statement.text)) return undefined;
  const isAuthorization = /^set\s+session\s+authorization\b/i.test(statement.text);
  return statement.text.replace(isAuthorization ? /^(set)(?=\s)/i : /^(set)(?:\s+session)?(?=\s)/i, '$1 local');
}
