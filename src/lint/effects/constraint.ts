import { relationName } from '../../sql/index.ts';
import { type ConstraintNode, names } from '../schema-model/constraints.ts';
import type { ModelConstraint, ModelTable } from '../schema-model/schema-model.ts';
import { type Prediction, type ResolvedRelation, resolveRelation, storedTables } from './prediction.ts';
import { tableName } from './resolve-locks.ts';

/** What `ADD CONSTRAINT` of a table does to the tables that get it. */
export function predictAddConstraint(
  prediction: Prediction,
  constraint: ConstraintNode,
  tables: readonly ResolvedRelation[],
): void {
  const { found } = prediction;
  switch (constraint.contype) {
    case 'CONSTR_CHECK':
      if (isChecked(constraint)) for (const { id } of tables) found.scan(id);
      return;
    case 'CONSTR_NOTNULL':
      if (isChecked(constraint))
        for (const column of names(constraint.keys)) predictSetNotNull(prediction, column, tables);
      return;
    case 'CONSTR_FOREIGN':
      if (!isChecked(constraint)) return;
      for (const { id } of tables) found.scan(id);
      scanReferenced(prediction, resolveRelation(prediction, relationName(constraint.pktable)));
      return;
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      if (constraint.indexname !== undefined) addFromIndex(prediction, constraint, tables);
      else for (const { id } of tables) found.buildIndex(id);
      return;
    case 'CONSTR_EXCLUSION':
      for (const { id } of tables) found.buildIndex(id);
      return;
    default:
  }
}

/** The rows that are there have to obey it, and are looked at. */
export function isChecked(constraint: ConstraintNode): boolean {
  return constraint.skip_validation !== true && constraint.is_enforced !== false;
}

/** A foreign key's other side is read to look its keys up. */
export function scanReferenced(prediction: Prediction, target: ResolvedRelation | undefined): void {
  if (!target) return;
  for (const { id } of storedTables(prediction.schema, target, 'partitions')) prediction.found.scan(id);
}

/** The columns of a primary key must not be null: those that may be so far are looked at. A unique constraint only takes the index over. */
function addFromIndex(prediction: Prediction, constraint: ConstraintNode, tables: readonly ResolvedRelation[]): void {
  if (constraint.contype !== 'CONSTR_PRIMARY') return;
  for (const relation of tables) {
    const columns = relation.table?.indexes.get(constraint.indexname ?? '')?.columns;
    if (!columns) {
      prediction.found.unknown(
        `whether the columns of the index ${constraint.indexname} may be null, which reads all of ${relation.id}`,
      );
      continue;
    }
    for (const column of columns) predictSetNotNull(prediction, column, [relation]);
  }
}

/** Rows are looked at unless the column is known to hold no null, by itself or by a valid check. */
export function predictSetNotNull(
  { found, schema }: Prediction,
  column: string,
  tables: readonly ResolvedRelation[],
): void {
  for (const { id, table } of tables) {
    const known = table?.columns.get(column);
    if (known?.isNotNull) continue;
    if (table && provesNotNull(table, column)) continue;
    if (!known && !schema.isComplete) {
      found.unknown(
        `whether a valid check proves that ${column} of ${id} is never null; without one all of it is read`,
      );
    }
    found.scan(id);
  }
}

function provesNotNull(table: ModelTable, column: string): boolean {
  return [...table.constraints.values()].some(
    ({ kind, isValid, provesNotNull: proves }) => kind === 'check' && isValid && proves.includes(column),
  );
}

/** `VALIDATE CONSTRAINT`: a foreign key also reads the other side. One that is valid already is not looked at again. */
export function predictValidate(prediction: Prediction, name: string, tables: readonly ResolvedRelation[]): void {
  const { found } = prediction;
  for (const { id, table } of tables) {
    const constraint: ModelConstraint | undefined = table?.constraints.get(name);
    if (constraint?.isValid) continue;
    found.scan(id);
    if (constraint?.references !== undefined) {
      scanReferenced(prediction, resolveRelation(prediction, tableName(constraint.references)));
    }
    if (!constraint) found.unknown(`whether ${name} of ${id} is a foreign key, whose other side is read as well`);
  }
}
