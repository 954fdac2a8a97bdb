import { OnwardError } from '../../model/index.ts';
import { isSessionSetting } from '../../sql/index.ts';
import type { SqlNode, SqlParser } from '../../system/index.ts';
import { repairTypedLiteral } from '../proof/repair/typed-literal.ts';
import { lastName, nodesOf } from '../proof/syntax-tree.ts';

/** What a text is to the proof. `utility` is what is not planned: COPY, CALL, DECLARE; `other` needs no proof at all. */
export type TextKind = 'work' | 'utility' | 'other';

const WORK = /^\W*(select|insert|update|delete|merge|with|values|table)\b/i;
const UNPROVED = /^\W*(copy|call|do|declare|create\s+table|create\s+temp)/i;
/** Stands in what Onward itself puts together from a release's declarations. */
const OWN = 'onward_own';
const CATALOGS = ['pg_catalog', 'information_schema', 'pg_toast'];

/** Tells the work of an application from housekeeping: transactions and settings, looks at the catalog, and what Onward itself sends. */
export function classifyText(parser: SqlParser, text: string): TextKind {
  if (!WORK.test(text)) return UNPROVED.test(text) ? 'utility' : 'other';
  const node = parseRecorded(parser, text);
  // What nobody can read is kept: the proof says so.
  if (!node) return 'work';
  if (isSessionSetting(node)) return 'other';
  const nodes = nodesOf(node);
  const relations = nodes.filter(({ kind }) => kind === 'RangeVar').map(({ fields }) => fields);
  const names = new Set(nodes.filter(({ kind }) => kind === 'CommonTableExpr').map(({ fields }) => fields.ctename));
  const own = relations.filter(({ relname, schemaname }) => schemaname !== undefined || !names.has(relname));
  if (names.has(OWN) || own.some(({ schemaname }) => schemaname === 'onward')) return 'other';
  if (nodes.some(({ kind, fields }) => kind === 'RangeSubselect' && aliasOf(fields) === OWN)) return 'other';
  if (own.length > 0) return own.every(isCatalog) ? 'other' : 'work';
  // No relation: only a function can be there to look at.
  const calls = nodes.filter(({ kind }) => kind === 'FuncCall').map(({ fields }) => fields.funcname);
  return calls.every((name) => (lastName(name) ?? '').startsWith('pg_') || isOfCatalog(name)) ? 'other' : 'work';
}

function aliasOf({ alias }: { readonly [name: string]: unknown }): unknown {
  return typeof alias === 'object' && alias !== null && 'aliasname' in alias ? alias.aliasname : undefined;
}

function isCatalog({ schemaname, relname }: { readonly [name: string]: unknown }): boolean {
  // The extension may live in any schema.
  if (typeof relname === 'string' && relname.startsWith('pg_stat_statements')) return true;
  if (typeof schemaname === 'string') return CATALOGS.includes(schemaname);
  return typeof relname === 'string' && relname.startsWith('pg_');
}

function isOfCatalog(name: unknown): boolean {
  return Array.isArray(name) && name.length > 1 && lastName(name.slice(0, 1)) === 'pg_catalog';
}

const MAX_REPAIRS = 50;

/** The tree of a recorded text, once the parameters that the grammar does not take have become casts. */
function parseRecorded(parser: SqlParser, text: string): SqlNode | undefined {
  let current = text;
  for (let repairs = 0; repairs < MAX_REPAIRS; repairs += 1) {
    try {
      return parser.split(current, 'a statement')[0]?.node;
    } catch (error) {
      const offset = error instanceof OnwardError ? offsetOfProblem(current, error) : undefined;
      const repaired =
        offset === undefined ? undefined : repairTypedLiteral(current, parser.tokens(current, 'a statement'), offset);
      if (repaired === undefined) return undefined;
      current = repaired;
    }
  }
  return undefined;
}

function offsetOfProblem(text: string, { findings }: OnwardError): number | undefined {
  const { line, column } = findings[0]?.position ?? {};
  if (line === undefined || column === undefined) return undefined;
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((sum, { length }) => sum + length + 1, 0) + column - 1;
}
