import { keepRevision, loadRevision, locateRevision, type Revision } from '../../configuration/index.ts';
import type { Digest, JournalRecord, Json } from '../../model/index.ts';
import type { RunContext } from '../run-context.ts';
import { RUN_KEYS } from '../run-state.ts';
import { configurationMoved, configurationUnusable } from './errors.ts';
import { migrateRange, storeOf, toRevision } from './observe-configuration.ts';

/** Revisions of one file in a run: what instances of before have, and what those of the new release get. */
export interface FrozenFile {
  readonly before: Digest;
  readonly after: Digest;
}

export type FrozenFiles = { readonly [name: string]: FrozenFile };

/** What the run has frozen; `undefined` until it has. */
export function readFrozen(records: readonly JournalRecord[]): FrozenFiles | undefined {
  const record = records.findLast(({ key }) => key === RUN_KEYS.configuration);
  return record?.data.files as unknown as FrozenFiles | undefined;
}

/**
 * Keeps both revisions of every file and records them, once in a run: from then on its instances are given these, whatever the operator does to the
 * files. Throws when a file is not what the plan was made from.
 */
export async function freezeConfiguration(context: RunContext): Promise<FrozenFiles> {
  const { system, installation, journal, start, before } = context;
  const found = readFrozen(journal.records);
  if (found) return found;
  if (installation.deployment.configuration.length === 0) return {};
  const { migrated, unmapped } = await migrateRange(system, installation, start);
  const problems = [...migrated, ...unmapped].flatMap((file) => file.problems);
  if (problems.length > 0) throw configurationUnusable(start.to, problems);
  const files: Record<string, FrozenFile> = {};
  for (const { file, before: old, after: now } of migrated) {
    if (old === undefined || now === undefined) continue;
    const digest = toRevision(installation, { file, after: now })?.digest;
    if (before.configuration && digest !== before.configuration[file.name]) throw configurationMoved(file.path);
    files[file.name] = {
      before: await keepRevision(system, storeOf(installation), { file, text: old }),
      after: await keepRevision(system, storeOf(installation), { file, text: now }),
    };
  }
  await journal.append({
    step: 'stage',
    key: RUN_KEYS.configuration,
    kind: 'observe',
    data: { files: files as unknown as Json },
  });
  return files;
}

/** The revisions that the run's new instances are given. */
export async function loadFrozenRevisions(context: RunContext): Promise<readonly Revision[]> {
  const { system, installation, journal } = context;
  const frozen = readFrozen(journal.records) ?? {};
  const store = storeOf(installation);
  return Promise.all(
    installation.deployment.configuration.flatMap((file) => {
      const digest = frozen[file.name]?.after;
      if (digest === undefined) return [];
      return loadRevision(system, store, { file, digest }).then((text) => ({
        file,
        text,
        digest,
        path: locateRevision(store, file, digest),
      }));
    }),
  );
}
