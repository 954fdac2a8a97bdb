import type { DataMigrationScope, SqlDataMigration } from '../../model/index.ts';
import type { BatchEngine } from '../batch-engine.ts';
import { unknownPart } from '../errors.ts';
import { runBatches } from '../run-batches.ts';
import { loadParts } from './load-parts.ts';
import type { ScopeChoice } from './part.ts';
import { completePart, notePending } from './state.ts';

type Scoped = SqlDataMigration & { readonly scope: DataMigrationScope };

/**
 * Goes through the parts one after the other, each from its own cursor, and at the end through those that have appeared meanwhile; or
 * through the one that was chosen. Throws `data-migrate.unknown-part` when there is no such one.
 */
export async function runParts(
  engine: BatchEngine,
  choice: ScopeChoice | undefined,
): Promise<'end' | 'pause' | 'cancel'> {
  const { declared } = engine;
  if (!isScoped(declared)) {
    if (choice) throw unknownPart(declared, choice, []);
    return runBatches(engine);
  }
  for (;;) {
    const ended = await runPending(engine, declared, choice);
    if (ended !== 'more') return ended;
  }
}

async function runPending(
  engine: BatchEngine,
  declared: Scoped,
  choice: ScopeChoice | undefined,
): Promise<'end' | 'pause' | 'cancel' | 'more'> {
  const { worker, monitor, claim, emit } = engine;
  const parts = await loadParts(worker, declared, engine.key);
  const isChosen = (part: ScopeChoice | undefined) =>
    choice === undefined || (part?.kind === choice.kind && part.value === choice.value);
  if (choice && !parts.some(({ part }) => isChosen(part)))
    throw unknownPart(
      declared,
      choice,
      parts.flatMap(({ part }) => part ?? []),
    );
  const pending = (await notePending(monitor, claim.id, parts)).filter(({ part }) => isChosen(part));
  if (pending.length === 0) return 'end';
  for (const key of pending) {
    if (!key.part) continue;
    emit({ type: 'data.part', id: claim.id, kind: key.part.kind, value: key.part.value });
    const ended = await runBatches({ ...engine, key });
    if (ended !== 'end') return ended;
    await completePart(monitor, claim, key.part);
  }
  return 'more';
}

function isScoped(declared: SqlDataMigration): declared is Scoped {
  return declared.scope !== undefined;
}
