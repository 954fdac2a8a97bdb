import type { ServiceDataMigration } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import { unknownPart } from '../errors.ts';
import { loadScopeValues } from '../scope/load-values.ts';
import type { ScopeChoice } from '../scope/part.ts';
import { notePending } from '../scope/state.ts';

/** One run of the program: all of it, or one part. */
export interface ServicePart {
  readonly part?: ScopeChoice;
  readonly args: readonly string[];
}

/**
 * The parts that are not complete, each with the arguments that name it, by the query that the release declares; or the one that was chosen,
 * unless it is complete. Throws `data-migrate.unknown-part` and `.scopes-refused`.
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
  const isChosen = ({ kind, value }: ScopeChoice) => !choice || (kind === choice.kind && value === choice.value);
  if (choice && !parts.some(isChosen)) throw unknownPart(declared, choice, parts);
  const pending = await notePending(
    session,
    id,
    parts.map((part) => ({ part })),
  );
  return pending.flatMap(({ part }) =>
    isChosen(part) ? [{ part, args: ['--scope-kind', part.kind, '--scope-value', part.value] }] : [],
  );
}
