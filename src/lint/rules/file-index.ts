import { relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode, SqlStatement } from '../../system/index.ts';
import { perFile } from './per-file.ts';
import type { Subject } from './rule.ts';
import { textsOf } from './trees.ts';

interface Placed {
  readonly position: number;
  readonly statement: SqlStatement;
}

/** Statements by the bare names of what they make, change or drop. */
const byName = perFile((statements): ReadonlyMap<string, readonly Placed[]> => {
  const found = new Map<string, Placed[]>();
  for (const [position, statement] of statements.entries()) {
    for (const name of new Set(namesOf(statement.node))) {
      const placed = found.get(name) ?? [];
      placed.push({ position, statement });
      found.set(name, placed);
    }
  }
  return found;
});

/** The statements of the file behind this one that make, change or drop something of this bare name; with triggers, their table counts. */
export function laterOn({ file, index }: Subject, name: string): readonly SqlStatement[] {
  const placed = byName(file.statements).get(name) ?? [];
  return placed.filter(({ position }) => position > index).map(({ statement }) => statement);
}

/** As `laterOn`, of those that nobody sees this one without. */
export function laterInTransaction(subject: Subject, name: string): readonly SqlStatement[] {
  return subject.file.isTransactional ? laterOn(subject, name) : [];
}

/** The statements up to this one, as `laterOn` finds those behind it. */
export function untilNow({ file, index }: Subject, name: string): readonly SqlStatement[] {
  const placed = byName(file.statements).get(name) ?? [];
  return placed.filter(({ position }) => position <= index).map(({ statement }) => statement);
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
