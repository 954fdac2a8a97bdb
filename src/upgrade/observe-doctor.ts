import type { Facts } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { findUnfinishedRun } from './find-run.ts';
import type { Installation } from './installation.ts';
import { observeFacts } from './observe-facts.ts';

/** The facts of the recorded release as it should stand now; for `onward doctor`. Changes nothing. */
export async function observeDoctorFacts(system: System, installation: Installation): Promise<Facts> {
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  return observeFacts(system, installation, {
    catalog: await installation.source.catalog(),
    path: [],
    ...(unfinished
      ? { unfinished: { run: unfinished.run, from: unfinished.state.start.from, to: unfinished.state.start.to } }
      : {}),
  });
}
