import type { System } from '../../system/index.ts';
import { loadStatements } from '../record/statements-file.ts';
import { proveStatements } from './prove-statements.ts';
import type { ProofReport } from './report.ts';
import { openSchemas, type SchemaPair } from './schema/open-schemas.ts';

export interface ProveSchemasOptions extends SchemaPair {
  /** The file of statements. */
  readonly queries: string;
  readonly minimumCoverage?: number | undefined;
}

export interface SchemasProof {
  readonly report: ProofReport;
  /** What the record could not see. */
  readonly missing: readonly { readonly reason: string; readonly count: number | null }[];
}

/** The query proof alone: makes a scratch database of each schema, proves the statements of a file on them, and drops both. */
export async function proveSchemas(system: System, options: ProveSchemasOptions): Promise<SchemasProof> {
  const { queries, minimumCoverage, ...pair } = options;
  const { statements, missing } = await loadStatements(system, queries);
  const { before, after, close } = await openSchemas(system, pair);
  try {
    const report = await proveStatements(system, {
      before,
      after,
      statements,
      ...(minimumCoverage === undefined ? {} : { minimumCoverage }),
      ...(pair.signal ? { signal: pair.signal } : {}),
    });
    return { report, missing };
  } finally {
    await close();
  }
}
