import { type RelationName, relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode, SqlStatement } from '../../system/index.ts';
import { isSameName } from './old-objects.ts';
import { perFile } from './per-file.ts';
import type { Subject } from './rule.ts';
import { textsOf } from './trees.ts';

interface Placed {
  readonly position: number;
  readonly statement: SqlStatement;
}

/** Statements by what they are about. */
function indexBy(keysOf: (node: SqlNode) => readonly string[]) {
  return perFile((statements): ReadonlyMap<string, readonly Placed[]> => {
    const found = new Map<string, Placed[]>();
    for (const [position, statement] of statements.entries()) {
      for (const key of new Set(keysOf(statement.node))) {
        const placed = found.get(key) ?? [];
        placed.push({ position, statement });
        found.set(key, placed);
      }
    }
    return found;
  });
}

/** By the bare names of what they make, change or drop. */
const byName = indexBy(namesOf);
/** By the names of the constraints that they add to a table, or drop from it. */
const byConstraint = indexBy(constraintNames);

/** The statements of the file behind this one that make, change or drop something of this bare name; with triggers, their table counts. */
export function laterOn({ file, index }: Subject, name: string): readonly SqlStatement[] {
  const placed = byName(file.statements).get(name) ?? [];
  return placed.filter(({ position }) => position > index).map(({ statement }) => statement);
}

/** As `laterOn`, of those that nobody sees this one without. */
export function laterInTransaction(subject: Subject, name: string): readonly SqlStatement[] {
  return subject.file.isTransactional ? laterOn(subject, name) : [];
}

/** The statements of the file, up to this one or from it on, that add or drop the constraint of a table. */
export function withConstraint(
  { file, index }: Subject,
  { relation, name }: { readonly relation: RelationName; readonly name: string },
  where: 'until now' | 'from now on',
): readonly SqlStatement[] {
  const placed = byConstraint(file.statements).get(name) ?? [];
  return placed
    .filter(({ position }) => (where === 'until now' ? position <= index : position >= index))
    .filter(({ statement }) => isSameName(targetOf(statement.node), relation))
    .map(({ statement }) => statement);
}

function constraintNames(node: SqlNode): readonly string[] {
  if (!('AlterTableStmt' in node)) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((item) => {
    if (!('AlterTableCmd' in item)) return [];
    const { subtype, name, def } = item.AlterTableCmd;
    if (subtype === 'AT_DropConstraint') return [name ?? ''];
    return def && 'Constraint' in def ? [def.Constraint.conname ?? def.Constraint.indexname ?? ''] : [];
  });
}

function namesOf(node: SqlNode): readonly string[] {
  if ('DropStmt' in node) return (node.DropStmt.objects ?? []).flatMap(lastNames);
  const name = targetOf(node)?.name;
  return name === undefined ? [] : [name];
}

/** The last part of a name, and the one before it: a trigger's table. */
function lastNames(object: SqlNode): readonly string[] {
  if ('List' in object) return textsOf(object.List.items).slice(-2);
  return 'ObjectWithArgs' in object ? textsOf(object.ObjectWithArgs.objname).slice(-1) : [];
}

function targetOf(node: SqlNode) {
  if ('CreateStmt' in node) return relationName(node.CreateStmt.relation);
  if ('AlterTableStmt' in node) return relationName(node.AlterTableStmt.relation);
  if ('IndexStmt' in node) return relationName(node.IndexStmt.relation);
  if ('ViewStmt' in node) return relationName(node.ViewStmt.view);
  if ('CreateTrigStmt' in node) return relationName(node.CreateTrigStmt.relation);
  if ('RuleStmt' in node) return relationName(node.RuleStmt.relation);
  if ('CreatePolicyStmt' in node) return relationName(node.CreatePolicyStmt.table);
  if ('CreateFunctionStmt' in node) return relationFromParts(node.CreateFunctionStmt.funcname);
  return 'AlterFunctionStmt' in node ? relationFromParts(node.AlterFunctionStmt.func?.objname) : undefined;
}
