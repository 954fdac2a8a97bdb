import { breaks, none, type SchemaChange, type Verdict, visible } from '../change.ts';
import { describeConstraint } from '../describe-object.ts';
import type { Constraint, Table } from '../schema.ts';
import { isNotNullCheck } from './compare-columns.ts';
import { compareEntries } from './compare-entries.ts';
import type { RelationPair } from './comparison.ts';
import { compareProperties, entriesByName, type Property } from './match.ts';
import { isFilledByOldRows, isUniqueAlready, losesColumn } from './uniqueness.ts';

/** Constraints of a table that was there before. One that went with a column of its own is not told again. */
export function compareConstraints(table: RelationPair<Table>): readonly SchemaChange[] {
  const { before, after } = table;
  const isSame = (one: string, other: string) => table.isSamePart('constraint', one, other);
  const isLost = losesColumn(table);
  const kept = before.constraints.filter(
    ({ name, columns }) => !isLost(columns) || after.constraints.some((other) => other.name === name),
  );
  return compareEntries(entriesByName(kept), entriesByName(after.constraints), {
    kind: 'constraint',
    of: table.of,
    describe: describeConstraint,
    isSame,
    removed: (constraint) => judgeRemoved(constraint, after),
    renamed: judgeRenamed,
    added: (constraint) => judgeAdded(constraint, before, after),
    // A constraint that is still the same object says the same, whatever its columns are called now.
    pair: (subject, keys) =>
      compareProperties(subject, isSame(keys.before, keys.after) ? STATE : [DEFINITION, ...STATE]),
  });
}

function judgeRenamed({ kind }: Constraint): Verdict {
  return kind === 'primary key' || kind === 'unique' || kind === 'exclusion'
    ? breaks('C3', 'ON CONFLICT ON CONSTRAINT with the old name fails')
    : visible('C3', 'error messages name it differently');
}

const DEFINITION: Property<Constraint> = {
  property: 'definition',
  text: ({ definition }) => definition,
  judge: (before, after) => {
    if (before.kind === 'check' && condition(before) === condition(after))
      return none('the same condition over another type');
    return breaks('C6', 'rows that old statements write may be refused');
  },
};

/** A check without its casts and parentheses, which follow the types of its columns. */
function condition({ definition }: Constraint): string {
  return definition.replace(/::[a-z_. ]+(\(\d+(,\d+)?\))?(\[\])?/g, '').replace(/[()]/g, '');
}

const STATE: readonly Property<Constraint>[] = [
  {
    property: 'validated',
    text: ({ isValidated }) => yesNo(isValidated),
    judge: () => none('only whether existing rows were looked at'),
  },
  {
    property: 'enforced',
    text: ({ isEnforced }) => yesNo(isEnforced),
    judge: (_, after) =>
      after.isEnforced
        ? breaks('C6', 'rows that old statements write may be refused')
        : visible('C6', 'rows that it refused may be read'),
  },
  {
    property: 'deferrable',
    text: ({ isDeferrable, isDeferred }) => (isDeferrable ? (isDeferred ? 'initially deferred' : 'yes') : 'no'),
    judge: () => breaks('C9', 'ON CONFLICT or SET CONSTRAINTS may fail, and it is checked at another moment'),
  },
];

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function judgeAdded(constraint: Constraint, before: Table, after: Table): Verdict {
  if (!constraint.isEnforced) return none('it is not enforced');
  const { kind, columns } = constraint;
  const isKey = kind === 'primary key' || kind === 'unique';
  if (isKey && isUniqueAlready(columns, before)) return none('the columns were unique before');
  const isOnlyNew =
    columns.length > 0 && columns.every((name) => !before.columns.some((column) => column.name === name));
  if (kind === 'check') {
    const [column = ''] = columns;
    const isDemanded = before.columns.some(({ name, isNotNull }) => name === column && isNotNull);
    if (isDemanded && isNotNullCheck(constraint.definition, column)) return none('the column was NOT NULL before');
    if (isOnlyNew && !constraint.definition.includes('IS NOT NULL'))
      return visible('C6', 'only about new columns, which old statements leave at what existing rows have');
  }
  if ((kind === 'unique' || kind === 'foreign key') && isOnlyNew && !isFilledByOldRows(columns, after))
    if (!constraint.definition.includes('NULLS NOT DISTINCT'))
      return none('only about new columns, which old statements leave NULL');
  return breaks('C6', 'rows that old statements write may be refused');
}

function judgeRemoved(constraint: Constraint, after: Table): Verdict {
  switch (constraint.kind) {
    case 'primary key':
    case 'unique':
    case 'exclusion':
      return breaks('C9', 'ON CONFLICT that names it or its columns fails');
    case 'foreign key': {
      const { onDelete = 'no action', onUpdate = 'no action' } = constraint.references ?? {};
      const isActive = [onDelete, onUpdate].some((action) => action !== 'no action' && action !== 'restrict');
      return isActive
        ? breaks('C9', 'rows that it changed or deleted along stay as they are')
        : visible('C9', 'rows without their parent may be read');
    }
    case 'check': {
      const [column = ''] = constraint.columns;
      const isImplied = after.columns.some(({ name, isNotNull }) => name === column && isNotNull);
      return isImplied && isNotNullCheck(constraint.definition, column)
        ? none('the column is NOT NULL')
        : visible('C6', 'values that it refused may be read');
    }
  }
}
