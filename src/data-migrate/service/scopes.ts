import type { ServiceDataMigration } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import { unknownPart } from '../errors.ts';
import { loadScopeValues } from '../scope/load-values.ts';
import type { ScopeChoice } from '../scope/part.ts';

/** One run of the program: all of it, or one part. */
export interface ServicePart {
  readonly args: readonly string[];
}

/**
 * The parts, each with the arguments that name it, by the query that the release declares; or the one that was chosen. Throws
 * `data-migrate.unknown-part` and `.scopes-refused`.
 */
export async function listParts(
  session: Session,
  declared: ServiceDataMigration,
  choice?: ScopeChoice,
): Promise<readonly ServicePart[]> {
  const { id, scope } = declared;
  if (!scope) {
    if (choice) throw unknownPart(declared, choice, []);
    return [{ args: [] }];
  }
  const parts = (await loadScopeValues(session, { id, scope })).map((value) => ({ kind: scope.kind, value }));
  const chosen = parts.filter(({ kind, value }) => !choice || (kind === choice.kind && value === choice.value));
  if (choice && chosen.length === 0) throw unknownPart(declared, choice, parts);
  return chosen.map(({ kind, value }) => ({ args: ['--scope-kind', kind, '--scope-value', value] }));
}
