import type { RelationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { ModelColumn } from '../schema-model/schema-model.ts';
import type { Subject } from './rule.ts';
import { commandsOnOldTable, type TableCommand } from './statement-parts.ts';
import { findNodes, isNullOrNothing, textsOf } from './trees.ts';

export type ColumnNode = Extract<SqlNode, { ColumnDef: unknown }>['ColumnDef'];
export type ConstraintNode = Extract<SqlNode, { Constraint: unknown }>['Constraint'];

export function constraintsOf(column: ColumnNode): readonly ConstraintNode[] {
  return (column.constraints ?? []).flatMap((item) => ('Constraint' in item ? [item.Constraint] : []));
}

/** A column that an `ALTER TABLE` adds to a table that was there before. */
export interface AddedColumn extends TableCommand {
  readonly column: ColumnNode;
}

export function addedColumns(subject: Subject): readonly AddedColumn[] {
  return commandsOnOldTable(subject).flatMap((item) => {
    const { subtype, def } = item.command;
    return subtype === 'AT_AddColumn' && def && 'ColumnDef' in def ? [{ ...item, column: def.ColumnDef }] : [];
  });
}

const SERIALS = ['serial', 'serial2', 'serial4', 'serial8', 'smallserial', 'bigserial'];

/** Whether rows that do not name the column get a value all the same. */
export function fillsItself(column: ColumnNode): boolean {
  if (SERIALS.includes(textsOf(column.typeName?.names).at(-1) ?? '')) return true;
  return constraintsOf(column).some(
    ({ contype, raw_expr: value }) =>
      contype === 'CONSTR_IDENTITY' ||
      contype === 'CONSTR_GENERATED' ||
      (contype === 'CONSTR_DEFAULT' && !isNullOrNothing(value)),
  );
}

/** What an old writer, who does not know it, leaves in a column of an old table. `known`: the column is not new, so it may name it. */
export type LeftBehind = 'known' | 'null' | 'default';

/** Looks at the columns that this statement adds, and at those that the release has added before. */
export function leftBehind(subject: Subject, relation: RelationName, name: string): LeftBehind {
  const added = addedColumns(subject).find(({ column }) => column.colname === name)?.column;
  if (added) return fillsItself(added) ? 'default' : 'null';
  const column = subject.schema.findTable(relation)?.columns.get(name);
  if (!column || !subject.schema.isNew(column.born)) return 'known';
  return hasValue(column) ? 'default' : 'null';
}

function hasValue({ generated, defaultValue }: ModelColumn): boolean {
  return generated !== undefined || !isNullOrNothing(defaultValue);
}

/** Of the commands on an old table, those on a column that was there before, too. */
export function commandsOnOldColumn(subject: Subject, subtypes: readonly string[]): readonly OldColumnCommand[] {
  return commandsOnOldTable(subject)
    .filter(({ command }) => subtypes.includes(command.subtype ?? ''))
    .map((item) => ({
      ...item,
      name: item.command.name ?? '',
      column: item.table?.columns.get(item.command.name ?? ''),
    }))
    .filter(({ relation, name }) => leftBehind(subject, relation, name) === 'known');
}

export interface OldColumnCommand extends TableCommand {
  readonly name: string;
  /** As the files before have made it. */
  readonly column: ModelColumn | undefined;
}

/** A constraint that an old table gets, by itself or beside a new column. */
export interface AddedConstraint extends TableCommand {
  readonly constraint: ConstraintNode;
  readonly columns: readonly string[];
}

export function addedConstraints(subject: Subject, kinds: readonly string[]): readonly AddedConstraint[] {
  return commandsOnOldTable(subject)
    .flatMap((item): readonly AddedConstraint[] => {
      const { subtype, def } = item.command;
      if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def) {
        return [{ ...item, constraint: def.Constraint, columns: columnsOf(subject, def.Constraint) }];
      }
      if (subtype !== 'AT_AddColumn' || !def || !('ColumnDef' in def)) return [];
      const name = def.ColumnDef.colname ?? '';
      return constraintsOf(def.ColumnDef).map((constraint) => ({ ...item, constraint, columns: [name] }));
    })
    .filter(({ constraint }) => kinds.includes(constraint.contype ?? ''));
}

function columnsOf({ schema }: Subject, constraint: ConstraintNode): readonly string[] {
  const { keys, fk_attrs: own, indexname, exclusions } = constraint;
  if (indexname !== undefined) return schema.findIndex({ name: indexname })?.columns ?? [];
  if (exclusions) return findNodes(exclusions, 'IndexElem').map(({ name }) => name ?? '');
  return textsOf(keys ?? own);
}
