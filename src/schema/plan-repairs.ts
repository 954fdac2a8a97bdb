import type { SchemaChange } from './change.ts';
import { qualifiedName } from './qualified-name.ts';
import { isView, type Repair, type Unrepairable } from './repair/repair.ts';
import { repairPolicy, repairTriggerOrRule } from './repair/repair-attachment.ts';
import { repairColumn } from './repair/repair-column.ts';
import { repairConstraint, repairIndex } from './repair/repair-constraint.ts';
import { repairDefaultPrivileges, repairGrant } from './repair/repair-grant.ts';
import {
  repairExtension,
  repairNamespace,
  repairRoutine,
  repairSequence,
  repairStatistics,
} from './repair/repair-other.ts';
import { repairTable } from './repair/repair-table.ts';
import { repairAttribute, repairDomainConstraint, repairType } from './repair/repair-type.ts';
import { needsNewView, type RemadeView, repairView } from './repair/repair-view.ts';
import type { Table, View } from './schema.ts';
import type { TypeDefinition } from './type-definition.ts';

/** What would undo each change. The views that have to be made anew are given by name. */
export function planRepair(
  change: SchemaChange,
  remade: ReadonlyMap<string, RemadeView>,
): readonly (Repair | Unrepairable)[] {
  const { owner } = change.objects;
  const view = viewOf(change);
  const name = change.of ?? change.name;
  if (view && remade.has(name)) {
    const isRename = change.kind === 'view' && change.change === 'changed' && change.property === 'name';
    return isRename ? repairView(change, view) : [];
  }
  if (change.kind === 'privileges' && remade.has(name)) return [];
  switch (change.kind) {
    case 'extension':
      return repairExtension(change);
    case 'schema':
      return repairNamespace(change);
    case 'table':
      return repairTable(change);
    case 'view':
      return view ? repairView(change, view) : [];
    case 'sequence':
      return repairSequence(change);
    case 'type':
      return repairType(change);
    case 'routine':
      return repairRoutine(change);
    case 'statistics':
      return repairStatistics(change);
    case 'privileges':
      return repairGrant(change);
    case 'default privileges':
      return repairDefaultPrivileges(change);
    case 'domain constraint':
      return repairDomainConstraint(change, owner as TypeDefinition);
    case 'attribute':
      return repairAttribute(change, owner as TypeDefinition);
    case 'column':
      return isView(owner) ? repairView(change, owner) : repairColumn(change, owner as Table);
    case 'constraint':
      return repairConstraint(change, owner as Table);
    case 'index':
      return repairIndex(change, owner as Table | View);
    case 'trigger':
    case 'rule':
      return repairTriggerOrRule(change, owner as Table | View);
    case 'policy':
      return repairPolicy(change, owner as Table);
  }
}

/**
 * Views that cannot be replaced in place, with those that stand on them or on a column that gets another type: as they should be, by the
 * name that they have by then.
 */
export function viewsToRemake(changes: readonly SchemaChange[]): ReadonlyMap<string, RemadeView> {
  const found = new Map<string, RemadeView>();
  const add = (view: View, live: View = view) =>
    void found.set(qualifiedName(view.schema, view.name), { view, isMaterialized: live.isMaterialized });
  for (const change of changes) {
    const view = viewOf(change);
    if (view ? !needsNewView(change) : !isRetype(change)) continue;
    for (const dependent of change.objects.dependents) add(dependent);
    if (view) add(view, change.kind === 'view' ? (change.objects.before ?? view) : view);
  }
  return found;
}

function isRetype(change: SchemaChange): boolean {
  return (
    change.kind === 'column' &&
    change.change === 'changed' &&
    (change.property === 'type' || change.property === 'collation')
  );
}

/** The view that a change is about, as it should be; one that should not be there, as it is. */
function viewOf(change: SchemaChange): View | null {
  if (change.kind === 'view') return change.objects.after ?? change.objects.before;
  return isView(change.objects.owner) ? change.objects.owner : null;
}
