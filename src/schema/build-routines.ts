import { createHash } from 'node:crypto';
import type { RoutineRow } from './catalog/routines.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { EVERYONE } from './default-grants.ts';
import type { Catalog } from './load-catalog.ts';
import { qualifiedName } from './qualified-name.ts';
import type { Named, Routine } from './schema.ts';

const KINDS = { f: 'function', p: 'procedure', a: 'aggregate', w: 'window' } as const;
const VOLATILITIES = { i: 'immutable', s: 'stable', v: 'volatile' } as const;
const PARALLEL = { s: 'safe', r: 'restricted', u: 'unsafe' } as const;

export function buildRoutines(catalog: Catalog, index: CatalogIndex): Named<Routine> {
  return Object.fromEntries(
    catalog.routines.map((row) => [
      `${qualifiedName(row.schema, row.name)}(${row.input_types})`,
      buildRoutine(row, index),
    ]),
  );
}

function buildRoutine(row: RoutineRow, index: CatalogIndex): Routine {
  return {
    schema: row.schema,
    name: row.name,
    kind: KINDS[row.kind],
    inputTypes: row.input_types,
    arguments: row.arguments,
    identityArguments: row.identity_arguments,
    argumentNames: row.argument_names ?? [],
    defaultsCount: row.defaults_count,
    result: row.result,
    language: row.language,
    volatility: VOLATILITIES[row.volatility],
    isStrict: row.is_strict,
    isSecurityDefiner: row.is_security_definer,
    isLeakproof: row.is_leakproof,
    parallel: PARALLEL[row.parallel],
    settings: [...(row.settings ?? [])].sort(),
    body: row.body,
    bodyHash: createHash('sha256').update(row.body).digest('hex'),
    definition: row.definition,
    grants: row.has_acl ? index.grantsOf('routine', row.oid) : [EVERYONE.routine],
  };
}
