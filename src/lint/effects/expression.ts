import { relationFromParts } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { functionVolatility, type Volatility } from '../facts/facts.ts';
import type { ModelFunction } from '../schema-model/schema-model.ts';
import type { Prediction } from './prediction.ts';

/** How changeable an expression is; `undefined` when a function in it is not known, which `unknownFunction` then names. */
export interface ExpressionVolatility {
  readonly volatility: Volatility | undefined;
  readonly unknownFunction?: string;
}

const ORDER: readonly Volatility[] = ['immutable', 'stable', 'volatile'];

/** The most changeable part of an expression decides, as `contain_volatile_functions` has it after planning. */
export function expressionVolatility(prediction: Prediction, expression: SqlNode | undefined): ExpressionVolatility {
  let worst = 0;
  let unknownFunction: string | undefined;
  for (const part of functionCalls(expression)) {
    const found = part === 'now' ? 'stable' : callVolatility(prediction, part);
    if (found === undefined) unknownFunction ??= part === 'now' ? undefined : part.name;
    else worst = Math.max(worst, ORDER.indexOf(found));
  }
  const volatility = ORDER[worst] ?? 'volatile';
  if (unknownFunction === undefined || volatility === 'volatile') return { volatility };
  return { volatility: undefined, unknownFunction };
}

/** A function as an expression names it. */
export interface CalledFunction {
  readonly schema?: string;
  readonly name: string;
}

/** Every function call in a tree; `now` stands for `CURRENT_TIMESTAMP` and its like. */
export function functionCalls(tree: unknown): readonly (CalledFunction | 'now')[] {
  const found: (CalledFunction | 'now')[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('FuncCall' in value) {
      const called = relationFromParts((value.FuncCall as { funcname?: readonly SqlNode[] }).funcname);
      if (called) found.push(called);
    }
    if ('SQLValueFunction' in value) found.push('now');
    for (const part of Object.values(value)) visit(part);
  };
  visit(tree);
  return found;
}

function callVolatility(prediction: Prediction, called: CalledFunction): Volatility | undefined {
  const { schema, server } = prediction;
  const isBuiltIn = called.schema === undefined || called.schema === 'pg_catalog';
  const builtIn = isBuiltIn ? functionVolatility(called.name, server) : undefined;
  if (builtIn !== undefined) return builtIn;
  const overloads = schema.findFunction(called);
  if (overloads.length === 0) return undefined;
  const all = overloads.map((each) => userVolatility(prediction, each));
  if (all.includes(undefined)) return undefined;
  return ORDER[Math.max(...all.map((each) => (each === undefined ? 2 : ORDER.indexOf(each))))];
}

/** A function in SQL that is one expression is put in place of its call, so that what is in it counts and not what it is declared to be. */
function userVolatility(
  prediction: Prediction,
  { language, volatility, body, id }: ModelFunction,
): Volatility | undefined {
  if (volatility !== 'volatile' || language !== 'sql') return volatility;
  if (body === undefined || prediction.parser === undefined) return undefined;
  if (prediction.calling.includes(id)) return 'volatile';
  const [statement, ...more] = parseBody(prediction.parser, body);
  if (!statement || more.length > 0) return 'volatile';
  const expression = onlyExpression(statement.node);
  if (!expression) return 'volatile';
  return expressionVolatility({ ...prediction, calling: [...prediction.calling, id] }, expression).volatility;
}

/** The statements of a body; none where it cannot be read. */
export function parseBody(
  parser: NonNullable<Prediction['parser']>,
  body: string,
): readonly { readonly node: SqlNode; readonly text: string }[] {
  try {
    return parser.split(body, 'the body');
  } catch {
    return [];
  }
}

/** Of `SELECT <expression>` and nothing else, which is all that Postgres puts in place of a call. */
function onlyExpression(node: SqlNode): SqlNode | undefined {
  if (!('SelectStmt' in node)) return undefined;
  const { targetList = [], op, limitOption, groupDistinct: _, ...rest } = node.SelectStmt;
  const isPlain = op === 'SETOP_NONE' && limitOption !== 'LIMIT_OPTION_COUNT' && Object.keys(rest).length === 0;
  const [target, ...others] = targetList;
  if (!isPlain || others.length > 0 || !target || !('ResTarget' in target)) return undefined;
  return target.ResTarget.val;
}
