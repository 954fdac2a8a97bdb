import { relationName } from '../../sql/index.ts';
import { formOutcome } from '../facts/facts.ts';
import { type ColumnNode, constraintsOf } from '../schema-model/columns.ts';
import type { ConstraintNode } from '../schema-model/constraints.ts';
import { formatTypeName, isSerial } from '../schema-model/type-name.ts';
import { isChecked, scanReferenced } from './constraint.ts';
import { expressionVolatility } from './expression.ts';
import { type Prediction, type ResolvedRelation, resolveRelation, rewriteTable } from './prediction.ts';
import { findUserType } from './user-type.ts';

/** What `ADD COLUMN` does to the tables that get the column. */
export function predictAddColumn(
  prediction: Prediction,
  column: ColumnNode,
  tables: readonly ResolvedRelation[],
): void {
  const { found } = prediction;
  const constraints = constraintsOf(column);
  const isRewritten = writesRows(prediction, column, constraints);
  const fallback = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
  const hasValue = fallback !== undefined && !isNull(fallback);
  const isGenerated = constraints.some(({ contype }) => contype === 'CONSTR_GENERATED');
  for (const table of tables) {
    if (isRewritten) rewriteTable(prediction, table);
    for (const constraint of constraints) {
      if (constraint.contype === 'CONSTR_CHECK' && isChecked(constraint)) found.scan(table.id);
      if (constraint.contype === 'CONSTR_NOTNULL' && !hasValue && !isRewritten) found.scan(table.id);
      // Checks go to all that inherit; keys to partitions only.
      if (isHeir(table, tables[0]?.id ?? '')) continue;
      if (constraint.contype === 'CONSTR_UNIQUE' || constraint.contype === 'CONSTR_PRIMARY') found.buildIndex(table.id);
      if (
        constraint.contype === 'CONSTR_FOREIGN' &&
        (fallback !== undefined || isRewritten || isGenerated) &&
        isChecked(constraint)
      ) {
        found.scan(table.id);
        if (hasValue || isRewritten || isGenerated)
          scanReferenced(prediction, resolveRelation(prediction, relationName(constraint.pktable)));
      }
    }
  }
}

function isHeir({ table }: ResolvedRelation, named: string): boolean {
  return table !== undefined && table.id !== named && !table.isPartition;
}

function isNull(expression: NonNullable<ConstraintNode['raw_expr']>): boolean {
  return 'A_Const' in expression && expression.A_Const.isnull === true;
}

/** Every row gets a value of its own, so that all of them are written anew. */
function writesRows(prediction: Prediction, column: ColumnNode, constraints: readonly ConstraintNode[]): boolean {
  if (isSerial(column.typeName)) return true;
  const { server, found } = prediction;
  const generated = constraints.find(({ contype }) => contype === 'CONSTR_GENERATED');
  if (constraints.some(({ contype }) => contype === 'CONSTR_IDENTITY')) return true;
  if (generated) return generated.generated_kind !== 'v';
  const type = findUserType(prediction, formatTypeName(column.typeName));
  if (type === 'unknown') {
    found.unknown(`whether the type ${formatTypeName(column.typeName)} is a domain with a constraint`);
  } else if (type?.kind === 'domain' && type.isConstrained) {
    if (formOutcome('add-column-domain-check', server)?.includes('rewrite') ?? true) return true;
  }
  const fallback = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')?.raw_expr;
  if (!fallback) return false;
  const { volatility, unknownFunction } = expressionVolatility(prediction, fallback);
  if (volatility === undefined) {
    found.unknown(`whether the default, which calls ${unknownFunction}(), is the same for every row`);
  }
  return volatility === 'volatile';
}
