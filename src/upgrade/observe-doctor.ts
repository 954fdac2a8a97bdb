import { type Facts, OnwardError, type QuarantineFact } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { describeUnfinished, type FoundRun, findUnfinishedRun } from './find-run.ts';
import type { Installation } from './installation.ts';
import { observeFacts } from './observe-facts.ts';
import { observeImages } from './observe-images.ts';
import { observeQuarantines } from './quarantines.ts';

/** The facts of the recorded release as it should stand now; for `onward doctor`. Changes nothing. */
export async function observeDoctorFacts(system: System, installation: Installation): Promise<Facts> {
  const { unfinished, damage } = await observeUnfinished(system, installation);
  const facts = await observeFacts(system, installation, {
    catalog: await installation.source.catalog(),
    path: [],
    mayLackRecord: true,
    ...(unfinished ? { unfinished: describeUnfinished(unfinished) } : {}),
  });
  const quarantines = await observeQuarantines(system, installation).catch(unlessUnreachable);
  const images = await observeImages(system, installation, facts.releases.get(facts.current?.release ?? ''));
  return { ...facts, quarantines, images, ...(damage === undefined ? {} : { damagedJournal: damage }) };
}

/** That a database is away is found by another rule. */
function unlessUnreachable(error: unknown): readonly QuarantineFact[] {
  if (error instanceof OnwardError) return [];
  throw error;
}

/** A journal that cannot be trusted is what a person calls the doctor for; everything else is still looked at. */
async function observeUnfinished(
  system: System,
  installation: Installation,
): Promise<{ readonly unfinished?: FoundRun | undefined; readonly damage?: string }> {
  try {
    return { unfinished: await findUnfinishedRun(system, installation.deployment.stateDirectory) };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return { damage: error.message };
  }
}
