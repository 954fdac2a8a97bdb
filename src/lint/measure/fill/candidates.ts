import { quoteLiteral, quoteName } from '../../../sql/index.ts';
import type { Check, FillCatalog, FillColumn, FillTable, FillType } from './fill-catalog.ts';
import { exampleOfPattern } from './pattern-example.ts';
import { valueExpressions } from './value-expressions.ts';

/** The type that a column's values have once its domains are taken off. */
export function baseType(catalog: FillCatalog, type: number): FillType | undefined {
  const found = catalog.types.get(type);
  return found?.kind === 'd' ? baseType(catalog, found.inner) : found;
}

/** The conditions on a table's rows: its own checks, the bounds of a partition, and those of the domains of its columns. */
export function collectChecks(catalog: FillCatalog, table: FillTable): readonly Check[] {
  return [...table.checks, ...table.columns.flatMap((column) => domainChecks(catalog, column, column.type))];
}

function domainChecks(catalog: FillCatalog, column: FillColumn, type: number): readonly Check[] {
  const found = catalog.types.get(type);
  if (found?.kind !== 'd') return [];
  const own = found.domainChecks.map((expression) => ({
    columns: [column.number],
    expression: replaceValue(expression, quoteName(column.name)),
  }));
  return [...own, ...domainChecks(catalog, column, found.inner)];
}

/** The word VALUE stands for the value; inside of a literal it is text. */
function replaceValue(expression: string, name: string): string {
  return expression.replace(/'(?:[^']|'')*'|\bVALUE\b/g, (part) => (part === 'VALUE' ? name : part));
}

/** Expressions to try for a column: what its conditions name first, then what its type suggests, then nothing. */
export function columnCandidates(
  catalog: FillCatalog,
  column: FillColumn,
  checks: readonly Check[],
): readonly string[] {
  const type = baseType(catalog, column.type);
  const named = checks
    .filter(({ columns }) => columns.includes(column.number))
    .flatMap(({ expression }) => (type ? literalExpressions(type, expression) : []));
  const all = [...named, ...valueExpressions(catalog, column.type, column.modifier)];
  const isNullable = !column.isNotNull && !isNotNullDomain(catalog, column.type);
  return [...new Set(isNullable ? [...all, 'null'] : all)];
}

function isNotNullDomain(catalog: FillCatalog, type: number): boolean {
  const found = catalog.types.get(type);
  return found?.kind === 'd' && (found.isNotNull || isNotNullDomain(catalog, found.inner));
}

const MAX_LITERALS = 12;

/** What the literals of a condition suggest: themselves, and their neighbours. */
function literalExpressions(type: FillType, expression: string): readonly string[] {
  const literals = [...expression.matchAll(/'((?:[^']|'')*)'|(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g)]
    .map(([whole, quoted]) => (quoted === undefined ? whole : quoted.replaceAll("''", "'")))
    .slice(0, MAX_LITERALS);
  switch (type.shortName) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'numeric':
    case 'float4':
    case 'float8':
      return literals
        .filter(isNumber)
        .flatMap((text) => [`${text} + g`, text, `${text} - g`, `${text} + 1`, `${text} - 1`]);
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'citext':
      return literals.flatMap(textNeighbours);
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return literals.filter(isMoment).flatMap((text) => momentNeighbours(quoteLiteral(text), type.shortName));
    default:
      return [];
  }
}

function isNumber(text: string): boolean {
  return /^-?\d{1,15}(\.\d+)?$/.test(text);
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\d/.test(text);
}

function textNeighbours(text: string): readonly string[] {
  const quoted = quoteLiteral(text);
  const example = exampleOfPattern(text);
  const fromPattern = example === undefined || example === text ? [] : [quoteLiteral(example)];
  // It may be a pattern of LIKE, whose percent signs stand for any text.
  const fromLike = text.includes('%') ? [`replace(${quoted}, '%', g::text)`] : [];
  return [...fromPattern, ...fromLike, quoted, `${quoted} || g`];
}

function momentNeighbours(literal: string, type: string): readonly string[] {
  const step = type === 'date' ? 'g % 28' : `g * interval '1 second'`;
  const before = type === 'date' ? `1 + g % 28` : `g * interval '1 second'`;
  return [`${literal}::${type} + ${step}`, `${literal}::${type}`, `${literal}::${type} - ${before}`];
}
