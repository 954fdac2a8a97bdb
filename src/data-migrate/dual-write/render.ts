import { createHash } from 'node:crypto';
import type { DualWrite, SqlDataMigration } from '../../model/index.ts';
import { quoteLiteral, quoteName } from '../../sql/index.ts';

/** A data migration that keeps rows in both shapes. */
export type DualWriting = SqlDataMigration & { readonly dualWrite: DualWrite };

/** Narrows to the data migrations that declare a trigger. */
export function isDualWriting(declared: { readonly dualWrite?: DualWrite }): declared is DualWriting {
  return declared.dualWrite !== undefined;
}

/** Longest name that Postgres keeps, in bytes. */
const LONGEST_NAME = 63;
const DIGEST_CHARACTERS = 8;

/** The name of the trigger and of its function. A long one is cut, and told apart by its digest; ids are ASCII. */
export function dualWriteName(id: string): string {
  const name = `onward_dual_write_${id}`;
  if (name.length <= LONGEST_NAME) return name;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, DIGEST_CHARACTERS);
  return `${name.slice(0, LONGEST_NAME - DIGEST_CHARACTERS - 1)}_${digest}`;
}

/** The source of the function. A row goes on as the body has left it, unless the body returns something itself. */
export function renderBody({ dualWrite }: DualWriting): string {
  const body = dualWrite.body.trim();
  // On a line of its own: a comment may end the body.
  const end = body.endsWith(';') ? '' : '\n;';
  return `\nbegin\n${body}${end}\nif tg_op = 'DELETE' then return old; end if;\nreturn new;\nend\n`;
}

/** Where it belongs, as the database has it. */
export interface DualWritePlace {
  /** Quoted, with its schema. */
  readonly table: string;
  /** Quoted. */
  readonly schema: string;
  /** What unqualified names of the body mean: a value of `search_path`. */
  readonly searchPath: string;
}

/**
 * Creates or replaces the function and its trigger. The body sees names as a migration does, whatever the application has set; temporary
 * tables come last, so that nobody can slip one under it.
 */
export function renderDualWrite(declared: DualWriting, { table, schema, searchPath }: DualWritePlace): string {
  const { timing, events } = declared.dualWrite;
  const name = quoteName(dualWriteName(declared.id));
  return [
    `create or replace function ${schema}.${name}() returns trigger language plpgsql security invoker`,
    `set search_path = ${searchPath}, pg_temp as ${quoteLiteral(renderBody(declared))};`,
    `comment on function ${schema}.${name}() is ${quoteLiteral(`Onward: keeps rows in both shapes for data migration ${declared.id}`)};`,
    `create or replace trigger ${name} ${timing} ${events.join(' or ')} on ${table} for each row execute function ${schema}.${name}();`,
  ].join('\n');
}

/** Takes the trigger away, then its function; what is gone already is no error. */
export function renderRemoval({
  table,
  schema,
  name,
}: {
  /** Both quoted. */
  readonly table: string;
  readonly schema: string;
  readonly name: string;
}): string {
  return `drop trigger if exists ${quoteName(name)} on ${table};\ndrop function if exists ${schema}.${quoteName(name)}();`;
}

/** Says whether a definition is the same. */
export function fingerprintDualWrite(declared: DualWriting, place: DualWritePlace): string {
  return `sha256:${createHash('sha256').update(renderDualWrite(declared, place)).digest('hex')}`;
}

const ROW = 1;
const BEFORE = 2;
const EVENTS = { insert: 4, delete: 8, update: 16 } as const;

/** `pg_trigger.tgtype` of such a trigger. */
export function triggerType({ timing, events }: DualWrite): number {
  return events.reduce((type, event) => type | EVENTS[event], timing === 'before' ? ROW | BEFORE : ROW);
}
