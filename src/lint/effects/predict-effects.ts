import { mayCommit, statementLocks } from '../../sql/index.ts';
import type { SqlNode, SqlParser, SqlStatement } from '../../system/index.ts';
import type { SchemaModel } from '../schema-model/schema-model.ts';
import type { ServerVersion } from '../server-version.ts';
import { predictAlterTable } from './alter-table.ts';
import { predictCalls, predictCode } from './called-code.ts';
import { createEffectCollector } from './collect-effects.ts';
import { predictCreateTable, predictDomain, predictDrop, predictIndex } from './definitions.ts';
import type { Effects } from './effects.ts';
import { lockForAlter } from './lock-for-alter.ts';
import { predictMaintenance } from './maintenance.ts';
import type { Prediction } from './prediction.ts';
import { resolveLocks } from './resolve-locks.ts';
import { predictRowChange } from './row-change.ts';
import { predictWeakLocks } from './weak-locks.ts';

export interface PredictOptions {
  readonly server: ServerVersion;
  /** The session's time zone is UTC, as Onward sets it. True unless told. */
  readonly isTimeZoneUtc?: boolean;
  /** Reads bodies of DO and of functions; left out, what they do is not known. */
  readonly parser?: SqlParser;
}

/**
 * What a statement will do to the relations that are there before it: locks beyond those of plain reads and writes of rows, tables that
 * are written anew, indexes that are built, tables that are read whole while at least a lock of a row change is held. New tables are told of
 * as well. A relation that the schema does not know counts as `public.<name>`, unless the schema is complete. Pure.
 */
export function predictEffects(statement: SqlStatement, schema: SchemaModel, options: PredictOptions): Effects {
  const prediction: Prediction = {
    schema,
    server: options.server,
    isTimeZoneUtc: options.isTimeZoneUtc ?? true,
    ...(options.parser ? { parser: options.parser } : {}),
    found: createEffectCollector(),
    calling: [],
    made: [],
    predictStatement,
  };
  predictStatement(prediction, statement.node);
  return prediction.found.effects();
}

function predictStatement(prediction: Prediction, node: SqlNode): void {
  const locks = statementLocks(node);
  if ('AlterTableStmt' in node) lockForAlter(prediction, node.AlterTableStmt);
  else if (!isInner(node)) resolveLocks(prediction, locks.targets);
  predictWeakLocks(prediction, node);
  predictRows(prediction, node);
  if (!locks.isKnown && !EXPLAINED.some((kind) => kind in node)) {
    prediction.found.unknown(`what ${describe(node)} does to tables`);
  }
}

/** Statements whose gaps are told in words of their own. */
const EXPLAINED = ['DropStmt', 'DoStmt', 'CallStmt', 'SelectStmt', 'VacuumStmt', 'ClusterStmt', 'ReindexStmt'];

/** It is about an index, or a type that is no relation of rows: nobody waits for a table. */
function isInner(node: SqlNode): boolean {
  return 'RenameStmt' in node && ['OBJECT_INDEX', 'OBJECT_TYPE'].includes(node.RenameStmt.renameType ?? '');
}

function predictRows(prediction: Prediction, node: SqlNode): void {
  if ('AlterTableStmt' in node) predictAlterTable(prediction, node.AlterTableStmt);
  else if ('CreateStmt' in node) predictCreateTable(prediction, node.CreateStmt);
  else if ('IndexStmt' in node) predictIndex(prediction, node.IndexStmt);
  else if ('DropStmt' in node) predictDrop(prediction, node.DropStmt);
  else if ('AlterDomainStmt' in node) predictDomain(prediction, node.AlterDomainStmt);
  else if ('UpdateStmt' in node || 'DeleteStmt' in node) predictRowChange(prediction, node);
  else if ('SelectStmt' in node) predictCalls(prediction, node);
  else if (mayCommit(node)) predictCode(prediction, node);
  else predictMaintenance(prediction, node);
}

function describe(node: SqlNode): string {
  const kind = Object.keys(node)[0] ?? 'this statement';
  const words = kind.replace(/Stmt$/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
  return `the statement (${words.toLowerCase()})`;
}
