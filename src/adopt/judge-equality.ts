import { renderSchemaChanges, type SchemaChange } from '../schema/index.ts';

export interface JudgedDifference {
  /** What makes the two schemas unequal. */
  readonly deciding: readonly SchemaChange[];
  /** What may differ between equal installations: it is told, and decides nothing. */
  readonly told: readonly SchemaChange[];
}

/**
 * Divides the differences between what files build and what is there into those that make the schemas unequal and those that are the
 * operator's, or that later migrations cannot depend on. docs/decisions has the reasons.
 */
export function judgeEquality(changes: readonly SchemaChange[]): JudgedDifference {
  const deciding = changes.filter((change) => !isFree(change));
  return { deciding, told: changes.filter((change) => !deciding.includes(change)) };
}

/** The differences for a person. What they would mean to clients of an upgrade is not said: nobody upgrades from the one to the other. */
export function renderDifference(changes: readonly SchemaChange[]): string {
  return renderSchemaChanges(changes.map((change) => ({ ...change, impact: 'none' })));
}

function isFree(change: SchemaChange): boolean {
  switch (change.kind) {
    case 'privileges':
    case 'default privileges':
      return true;
    case 'extension':
      return change.change === 'added' || (change.change === 'changed' && change.property === 'version');
    // Empty, or what is in it decides.
    case 'schema':
      return change.change === 'added';
    case 'table':
      if (change.change === 'changed') return FREE_OF_TABLES.includes(change.property);
      return isPartition(change);
    default:
      return false;
  }
}

const FREE_OF_TABLES = ['column order', 'options', 'replica identity'];

/** Partitions come and go with time. */
function isPartition({ objects }: Extract<SchemaChange, { kind: 'table' }>): boolean {
  const table = objects.before ?? objects.after;
  return table !== null && table.partitionOf !== null;
}
