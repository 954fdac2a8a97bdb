import type { SchemaChange } from './change.ts';
import type { Repair, Unrepairable } from './repair/repair.ts';
import { repairPolicy, repairTriggerOrRule } from './repair/repair-attachment.ts';
import { isView, repairColumn } from './repair/repair-column.ts';
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
import { needsNewView, remakeView, repairView } from './repair/repair-view.ts';
import type { Table, TypeDefinition, View } from './schema.ts';

/** What would undo each change. The views that have to be made anew are given by name. */
export function planRepair(change: SchemaChange, remade: ReadonlySet<string>): readonly (Repair | Unrepairable)[] {
  const { owner } = change.objects;
  const view = viewOf(change);
  if (view && remade.has(change.of ?? change.name)) {
    return needsNewView(change) ? remakeView(change.of ?? change.name, liveView(change) ?? view, view) : [];
  }
  if (change.kind === 'privileges' && change.of !== null && remade.has(change.of)) return [];
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

/** Views that cannot be replaced in place. */
export function viewsToRemake(changes: readonly SchemaChange[]): ReadonlySet<string> {
  const isOfView = (change: SchemaChange) => change.kind === 'view' || isView(change.objects.owner);
  return new Set(
    changes.filter((change) => isOfView(change) && needsNewView(change)).map((change) => change.of ?? change.name),
  );
}

/** The view that a change is about, as it should be; one that should not be there, as it is. */
function viewOf(change: SchemaChange): View | null {
  if (change.kind === 'view') return change.objects.after ?? change.objects.before;
  return isView(change.objects.owner) ? change.objects.owner : null;
}

function liveView(change: SchemaChange): View | null {
  return change.kind === 'view' ? change.objects.before : null;
}
