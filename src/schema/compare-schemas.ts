import type { SchemaChange } from './change.ts';
import {
  compareDefaultPrivileges,
  compareExtensions,
  compareNamespaces,
  compareSequences,
  compareStatistics,
} from './compare/compare-others.ts';
import { compareRoutines } from './compare/compare-routines.ts';
import { compareTables } from './compare/compare-tables.ts';
import { compareTypes } from './compare/compare-types.ts';
import { compareViews } from './compare/compare-views.ts';
import { createComparison } from './compare/comparison.ts';
import type { Schema } from './schema.ts';

/**
 * Every difference between two schemas, once each, in a fixed order, with what it means to a client that was written for `before`.
 * What is on a new table, or went with a dropped table or column, is not told again. A rename is recognised when both were loaded from the
 * same database; else it is a removal and an addition.
 */
export function compareSchemas(before: Schema, after: Schema): readonly SchemaChange[] {
  const comparison = createComparison(before, after);
  return [
    ...compareExtensions(comparison),
    ...compareNamespaces(comparison),
    ...compareTypes(comparison),
    ...compareSequences(comparison),
    ...compareTables(comparison),
    ...compareViews(comparison),
    ...compareRoutines(comparison),
    ...compareStatistics(comparison),
    ...compareDefaultPrivileges(comparison),
  ];
}
