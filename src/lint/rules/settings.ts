import type { SqlNode, SqlStatement } from '../../system/index.ts';
import { perFile } from './per-file.ts';
import { textOf } from './trees.ts';

/** Time limits, which Onward sets by itself for each kind of statement. */
export const TIME_LIMITS: ReadonlySet<string> = new Set([
  'lock_timeout',
  'statement_timeout',
  'transaction_timeout',
  'idle_in_transaction_session_timeout',
]);

export interface Setting {
  /** In lower case, such as `search_path`; `role` and `session_authorization` too. */
  readonly name: string;
  /** It ends with the transaction. */
  readonly isLocal: boolean;
}

/** What a statement sets, by SET or by `set_config`; nothing for RESET and for what is about one transaction. */
export function settingsOf(node: SqlNode): readonly Setting[] {
  if ('VariableSetStmt' in node) {
    const { kind, name = '', is_local: isLocal = false } = node.VariableSetStmt;
    const isSet = kind === 'VAR_SET_VALUE' || kind === 'VAR_SET_CURRENT' || kind === 'VAR_SET_MULTI';
    return isSet && name !== 'TRANSACTION' && name !== 'TRANSACTION SNAPSHOT'
      ? [{ name: name.toLowerCase(), isLocal }]
      : [];
  }
  if (!('SelectStmt' in node)) return [];
  return (node.SelectStmt.targetList ?? []).flatMap((target) => {
    const call =
      'ResTarget' in target &&
      target.ResTarget.val &&
      'FuncCall' in target.ResTarget.val &&
      target.ResTarget.val.FuncCall;
    if (!call || textOf(call.funcname?.at(-1)) !== 'set_config') return [];
    const [name, , isLocal] = (call.args ?? []).map(constantOf);
    return typeof name === 'string' ? [{ name: name.toLowerCase(), isLocal: isLocal === true }] : [];
  });
}

function constantOf(node: SqlNode): string | boolean | undefined {
  if ('TypeCast' in node) return node.TypeCast.arg && constantOf(node.TypeCast.arg);
  if (!('A_Const' in node)) return undefined;
  const { sval, boolval } = node.A_Const;
  return sval ? sval.sval : boolval ? (boolval.boolval ?? false) : undefined;
}

/** Whether a statement behind this one takes the setting back. */
export function isResetLater(statements: readonly SqlStatement[], index: number, name: string): boolean {
  const { byName, all, discard } = lastResets(statements);
  const isSetting = name !== 'role' && name !== 'session_authorization';
  return Math.max(byName.get(name) ?? -1, discard, isSetting ? all : -1) > index;
}

/** Where each setting is taken back for the last time. */
const lastResets = perFile((statements) => {
  const byName = new Map<string, number>();
  let all = -1;
  let discard = -1;
  for (const [index, { node }] of statements.entries()) {
    if ('DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL') discard = index;
    if (!('VariableSetStmt' in node)) continue;
    const { kind, name = '' } = node.VariableSetStmt;
    if (kind === 'VAR_RESET_ALL') all = index;
    if (kind === 'VAR_RESET' || kind === 'VAR_SET_DEFAULT') byName.set(name.toLowerCase(), index);
  }
  return { byName, all, discard };
});
