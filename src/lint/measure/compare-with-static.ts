import { LOCK_MODES, type LockMode } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { Effects, RelationLock } from '../effects/effects.ts';
import { compareFindings, type LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import type { FileMeasurement, Measurement, StatementMeasurement } from './measurement.ts';
import { createPlacer } from './place-finding.ts';

/**
 * Where what was foreseen from the text and what was measured disagree: a defect of Onward's, which is a finding of its own. Only what both
 * sides can tell is compared: relations that were there before the file and have enough rows. Pure.
 */
export function compareWithStatic(
  measurement: Measurement,
  files: readonly LintFile[],
  /** By `<file>:<index>`. */
  predicted: ReadonlyMap<string, Effects>,
): readonly LintFinding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const major = Math.floor(measurement.serverVersion / 10_000);
  const found = measurement.files.flatMap((measured) => {
    const file = byPath.get(measured.file);
    if (!file || file.isShipped) return [];
    const place = createPlacer(file);
    return measured.statements.flatMap((statement) => {
      const foreseen = predicted.get(`${file.path}:${statement.index}`);
      const node = file.statements[statement.index]?.node;
      if (!foreseen || !node) return [];
      return findContradictions(measured, statement, { foreseen, node }).map((contradiction) =>
        place(statement.index, {
          rule: 'rule-contradicts-measurement',
          class: 'unanalysed',
          severity: 'warning',
          message: `${contradiction} (Postgres ${major})`,
          help: 'Report it: this is a defect of Onward’s rule. What was measured is what counts.',
        }),
      );
    });
  });
  return found.toSorted(compareFindings);
}

/** In words, each with both sides. */
export function findContradictions(
  { tables }: Pick<FileMeasurement, 'tables'>,
  measured: StatementMeasurement,
  { foreseen, node }: { readonly foreseen: Effects; readonly node: SqlNode },
): readonly string[] {
  const { effects } = measured;
  if (measured.error || effects.unknown.length > 0 || foreseen.unknown.length > 0) return [];
  const isTellable = (name: string) => (tables.get(name) ?? 0) >= MIN_ROWS;
  const compare = (verb: string, told: readonly string[], seen: readonly string[]) => [
    ...without(told, seen)
      .filter(isTellable)
      .map((name) => `Its form says that it ${verb} ${name}, and it did not when it was measured`),
    ...without(seen, told)
      .filter(isTellable)
      .map((name) => `It ${verb} ${name} when it was measured, which its form does not say`),
  ];
  return [
    ...compareLocks(measured, foreseen.locks, tables),
    ...compare('rewrites', foreseen.rewrites, effects.rewrites),
    ...compare('builds an index of', foreseen.indexBuilds, effects.indexBuilds),
    ...(readsAsPlanned(node) ? [] : compare('reads all of', foreseen.scans, effects.scans)),
  ];
}

const MIN_ROWS = 20;

/** How rows are found is the planner's choice, which depends on the rows. */
function readsAsPlanned(node: SqlNode): boolean {
  return [
    'CopyStmt',
    'CreateTableAsStmt',
    'DeleteStmt',
    'DoStmt',
    'InsertStmt',
    'MergeStmt',
    'RefreshMatViewStmt',
    'SelectStmt',
    'UpdateStmt',
  ].some((kind) => kind in node);
}

function compareLocks(
  { held, effects }: StatementMeasurement,
  foreseen: readonly RelationLock[],
  tables: FileMeasurement['tables'],
): readonly string[] {
  const missing = foreseen
    .filter(({ relation }) => tables.has(relation))
    .filter(({ relation, mode }) => rank(strongest(held, relation)) < rank(mode))
    .map(({ relation, mode }) => {
      const seen = strongest(held, relation) ?? 'none';
      return `Its form says that it takes ${mode} on ${relation}, and ${seen} was seen when it was measured`;
    });
  const unforeseen = effects.locks
    .filter(({ relation, mode }) => rank(strongest(foreseen, relation)) < rank(mode))
    .map(({ relation, mode }) => {
      const told = strongest(foreseen, relation) ?? 'none';
      return `It takes ${mode} on ${relation} when it was measured, and its form says ${told}`;
    });
  return [...missing, ...unforeseen];
}

function strongest(locks: readonly RelationLock[], relation: string): LockMode | undefined {
  const own = locks.filter((lock) => lock.relation === relation).map(({ mode }) => mode);
  return own.toSorted((a, b) => rank(b) - rank(a))[0];
}

function rank(mode: LockMode | undefined): number {
  return mode === undefined ? -1 : LOCK_MODES.indexOf(mode);
}

function without(names: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => !others.includes(name));
}
