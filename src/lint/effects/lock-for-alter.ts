import { type LockTarget, relationName, statementLocks } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { measuredLock } from '../facts/facts.ts';
import { reachOfConstraint } from './alter-table.ts';
import { descendants, type Prediction, type ResolvedRelation, resolveRelation } from './prediction.ts';
import { resolveLocks } from './resolve-locks.ts';

type AlterTable = Extract<SqlNode, { AlterTableStmt: unknown }>['AlterTableStmt'];
type Command = Extract<SqlNode, { AlterTableCmd: unknown }>['AlterTableCmd'];

/**
 * The locks of an `ALTER TABLE`, command by command. What goes down to partitions and inheritors, and with which lock, differs between
 * versions of the server and is taken from measured forms. An index or a type is no relation that anybody waits for by itself.
 */
export function lockForAlter(prediction: Prediction, node: AlterTable): void {
  if (['OBJECT_INDEX', 'OBJECT_TYPE'].includes(node.objtype ?? '')) return;
  const relation = resolveRelation(prediction, relationName(node.relation));
  for (const item of node.cmds ?? []) {
    const { targets } = statementLocks({ AlterTableStmt: { ...node, cmds: [item] } });
    const isHandedDown = node.relation?.inh === true;
    if (!relation || !('AlterTableCmd' in item)) resolveLocks(prediction, targets);
    else if (!isHandedDown) lockOnly(prediction, { relation, targets });
    else lockForCommand(prediction, item.AlterTableCmd, { relation, targets });
  }
}

interface Target {
  readonly relation: ResolvedRelation;
  readonly targets: readonly LockTarget[];
}

/** With `ONLY`, those right below note that a column is theirs alone from now on. */
function lockOnly(prediction: Prediction, { relation, targets }: Target): void {
  for (const target of targets) {
    if (target.scope !== 'tree') {
      resolveLocks(prediction, [target]);
      continue;
    }
    resolveLocks(prediction, [{ ...target, scope: 'only' }]);
    for (const { id, parents } of prediction.schema.heirs()) {
      if (parents.includes(relation.id)) prediction.found.lock(id, target.mode);
    }
  }
}

function lockForCommand(prediction: Prediction, command: Command, { relation, targets }: Target): void {
  const { def, name } = command;
  if (ABOUT_CONSTRAINT.has(command.subtype ?? '')) {
    const altered = def && 'ATAlterConstraint' in def ? def.ATAlterConstraint.conname : undefined;
    const isDone = command.subtype === 'AT_ValidateConstraint' && relation.table?.constraints.get(name ?? '')?.isValid;
    const scope = isDone ? 'only' : reachOfConstraint(relation, altered ?? name ?? '');
    resolveLocks(
      prediction,
      targets.map((target) => (target.scope === 'tree' ? { ...target, scope } : target)),
    );
    return;
  }
  const example = exampleOf(command, relation);
  if (!example) {
    resolveLocks(prediction, targets);
    return;
  }
  const [own, ...others] = targets;
  if (own) resolveLocks(prediction, [{ ...own, scope: 'only' }, ...others]);
  const mode = measuredLock(example.form, example.child, prediction.server);
  if (!mode) return;
  for (const { id } of descendants(prediction.schema, relation.id)) prediction.found.lock(id, mode);
}

const ABOUT_CONSTRAINT = new Set<string>(['AT_AlterConstraint', 'AT_DropConstraint', 'AT_ValidateConstraint']);

/** A measured form that is like a command, and the child whose lock tells what those of the table get. */
interface Example {
  readonly form: string;
  readonly child: string;
}

function exampleOf(command: Command, { table }: ResolvedRelation): Example | undefined {
  const { name = '', def } = command;
  const subtype: string = command.subtype ?? '';
  const isParted = table?.kind === 'partitioned';
  if (subtype === 'AT_AddColumn' && command.missing_ok && def && 'ColumnDef' in def) {
    if (!table?.columns.has(def.ColumnDef.colname ?? '')) return undefined;
    if (isParted) return { form: 'add-column-if-not-exists-part', child: 'part_1' };
    return { form: 'add-column-if-not-exists-parent', child: 'heir' };
  }
  const isNotNull = table?.columns.get(name)?.isNotNull;
  if (subtype === 'AT_SetNotNull' && isNotNull === true) {
    if (isParted) return { form: 'set-not-null-part-already', child: 'part_1' };
    return { form: 'set-not-null-parent-already', child: 'heir_kept' };
  }
  if (subtype === 'AT_DropNotNull' && isNotNull === false) {
    if (isParted) return { form: 'drop-not-null-part-idle', child: 'part_1' };
    return { form: 'drop-not-null-parent-idle', child: 'heir' };
  }
  if (/^AT_(En|Dis)able.*Trig/.test(subtype)) return isParted ? { form: 'trigger-part', child: 'part_1' } : undefined;
  if (subtype !== 'AT_AddConstraint' || !def || !('Constraint' in def)) return undefined;
  switch (def.Constraint.contype) {
    case 'CONSTR_PRIMARY':
      return isParted
        ? { form: 'add-primary-part', child: 'part_1' }
        : { form: 'add-primary-parent', child: 'heir_kept' };
    case 'CONSTR_UNIQUE':
    case 'CONSTR_EXCLUSION':
      return isParted ? { form: 'add-unique-part', child: 'part_1' } : { form: 'add-unique-parent', child: 'heir' };
    case 'CONSTR_FOREIGN':
      return isParted
        ? { form: 'add-foreign-key-part', child: 'part_1' }
        : { form: 'add-foreign-key-parent', child: 'heir' };
    default:
      return undefined;
  }
}
