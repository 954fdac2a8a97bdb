import { LOCK_MODES, type LockMode, type LockTarget, quoteName } from '../sql/index.ts';
import { loadSqlParser } from '../system/index.ts';
import type { MigrationFile } from './migration-file.ts';
import { type PlannedStatement, planStatements } from './statement-class.ts';

/** What must be so under a file's own locks, in its transaction, right before its first statement. */
export interface FileAssertion {
  /** What errors call it: `data migration lines`. */
  readonly name: string;
  /** `orders` or `billing.orders`: it counts for the files that take a strong lock on this table, or whose locks nobody can tell. */
  readonly table: string;
  /** A SELECT of one number, which must be zero within what is left of the lock budget. */
  readonly query: string;
  /** A statement that records what the file meant, in its transaction; given the id of the file. */
  readonly record?: (migration: string) => string;
  /** Starts with a verb: what makes the number zero. */
  readonly hint: string;
  /** An earlier file was held to it: a table or column that is not there any more then stands for zero. */
  readonly mayBeGone?: boolean;
}

/** The assertions of one file, and what locks their tables first. */
export interface Guard {
  readonly locks: readonly PlannedStatement[];
  readonly assertions: readonly FileAssertion[];
}

/** The weakest mode under which nobody else writes. */
const LEAST: LockMode = 'ShareRowExclusiveLock';

/** What guards a file; `undefined`: it touches no table that something is asserted of. */
export async function createGuard(
  file: MigrationFile,
  statements: readonly PlannedStatement[],
  all: readonly FileAssertion[],
): Promise<Guard | undefined> {
  const isKnown = statements.every(({ locks }) => locks.isKnown);
  const targets = statements.flatMap(({ locks }) =>
    locks.targets.filter(({ mode }) => strength(mode) >= strength(LEAST)),
  );
  const assertions = all.filter(({ table }) => !isKnown || targets.some((target) => isSame(target, table)));
  if (assertions.length === 0) return undefined;
  const modes = new Map<string, LockMode>();
  for (const { table, mayBeGone } of assertions) {
    // Nobody can lock what may not be there, and what it held was counted under the lock of the file before.
    if (!isKnown && mayBeGone === true) continue;
    const own = targets.filter((target) => isSame(target, table)).map(({ mode }) => mode);
    const name = table.split('.').map(quoteName).join('.');
    // Where the form does not say what it locks, it may be anything.
    modes.set(name, isKnown ? strongest(own) : 'AccessExclusiveLock');
  }
  const text = [...modes].map(([table, mode]) => `lock table ${table} in ${renderMode(mode)} mode;`).join('\n');
  const parser = await loadSqlParser();
  const { startOffset = 0, line = 1 } = statements[0]?.statement ?? {};
  // Errors show where it belongs: the first statement of the file.
  const locks = planStatements(parser.split(text, file.path).map((statement) => ({ ...statement, startOffset, line })));
  return { locks, assertions };
}

/** A name without a schema may mean the one that is named with it. */
function isSame({ relation }: LockTarget, table: string): boolean {
  const [name, schema] = table.split('.').reverse();
  return (
    relation.name === name && (relation.schema === undefined || schema === undefined || relation.schema === schema)
  );
}

function strength(mode: LockMode): number {
  return LOCK_MODES.indexOf(mode);
}

function strongest(modes: readonly LockMode[]): LockMode {
  return modes.reduce((most, mode) => (strength(mode) > strength(most) ? mode : most), LEAST);
}

/** `AccessExclusiveLock` as LOCK TABLE has it. */
function renderMode(mode: LockMode): string {
  return mode
    .replace(/Lock$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
}
