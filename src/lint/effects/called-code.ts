import { type RelationName, statementLocks } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { functionVolatility } from '../facts/facts.ts';
import type { ModelFunction } from '../schema-model/schema-model.ts';
import { type CalledFunction, functionCalls, parseBody } from './expression.ts';
import type { Prediction } from './prediction.ts';

/** Built-in functions that run SQL which they are given, or change tables by themselves. */
const ACTING = new Set(
  `query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml ts_stat ts_rewrite brin_summarize_new_values
   brin_summarize_range brin_desummarize_range gin_clean_pending_list`.split(/\s+/),
);

/** The functions that a query calls: built-in ones lock no table, those that were made by earlier files are read. */
export function predictCalls(prediction: Prediction, tree: unknown): void {
  for (const called of functionCalls(tree)) if (called !== 'now') predictCall(prediction, called);
}

function predictCall(prediction: Prediction, called: CalledFunction): void {
  const { schema, found, server } = prediction;
  const isBuiltIn = called.schema === undefined || called.schema === 'pg_catalog';
  const overloads = schema.findFunction(called);
  if (overloads.length === 0) {
    if (isBuiltIn && functionVolatility(called.name, server) !== undefined && !ACTING.has(called.name)) return;
    found.unknown(`what the function ${called.name}() does`);
    return;
  }
  for (const each of overloads) predictFunction(prediction, each);
}

/** Only a volatile function may change anything. */
function predictFunction(prediction: Prediction, { id, language, volatility, body }: ModelFunction): void {
  const { calling, found, parser } = prediction;
  if (volatility !== 'volatile' || calling.includes(id)) return;
  if (body === undefined || !parser) {
    found.unknown(`what the function ${id}() does`);
    return;
  }
  const inside = { ...prediction, calling: [...calling, id] };
  if (language === 'plpgsql') predictPlpgsql(inside, { body, what: `the function ${id}()` });
  else if (language === 'sql')
    predictSequence(
      inside,
      parseBody(parser, body).map(({ node }) => node),
    );
  else found.unknown(`what the function ${id}() in ${language} does`);
}

/** `DO` and `CALL`. */
export function predictCode(prediction: Prediction, node: SqlNode): void {
  if ('CallStmt' in node) {
    predictCalls(prediction, node.CallStmt.funccall ? { FuncCall: node.CallStmt.funccall } : undefined);
    return;
  }
  if (!('DoStmt' in node)) return;
  const option = (name: string): string | undefined => {
    for (const item of node.DoStmt.args ?? []) {
      if (!('DefElem' in item) || item.DefElem.defname !== name) continue;
      return item.DefElem.arg && 'String' in item.DefElem.arg ? item.DefElem.arg.String.sval : undefined;
    }
    return undefined;
  };
  const language = option('language') ?? 'plpgsql';
  const body = option('as') ?? '';
  if (language !== 'plpgsql') prediction.found.unknown(`what the DO block in ${language} does`);
  else predictPlpgsql(prediction, { body, what: 'the DO block' });
}

interface Body {
  readonly body: string;
  /** For words: "the DO block". */
  readonly what: string;
}

/** Every statement of a body is taken to run, whatever the conditions around it. */
function predictPlpgsql(prediction: Prediction, { body, what }: Body): void {
  const { parser, found } = prediction;
  const parts = parser?.plpgsql(body);
  if (!parser || !parts) {
    found.unknown(`what ${what} does: its body cannot be read`);
    return;
  }
  const nodes: SqlNode[] = [];
  for (const { sql, isDynamic, line } of parts) {
    if (isDynamic) {
      found.unknown(`what ${what} runs with EXECUTE in its line ${line}: the statement is put together when it runs`);
      continue;
    }
    const read = parseBody(parser, sql);
    if (read.length === 0) found.unknown(`what line ${line} of ${what} does: it cannot be read`);
    nodes.push(...read.map(({ node }) => node));
  }
  predictSequence(prediction, nodes);
}

/** Statements one after another. What the first ones make is new to the ones behind them. */
function predictSequence(prediction: Prediction, nodes: readonly SqlNode[]): void {
  const made: RelationName[] = [...prediction.made];
  for (const node of nodes) {
    prediction.predictStatement({ ...prediction, made: [...made] }, node);
    made.push(...statementLocks(node).creates);
  }
}
