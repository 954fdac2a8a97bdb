import {
  type ContractWindow,
  compareVersions,
  type MigrationRef,
  type Observed,
  OnwardError,
} from '../../model/index.ts';
import type { Installation } from '../installation.ts';

/** For how long each release concerned keeps its old shape, and since when it is completed here. */
export async function observeWindows(
  installation: Installation,
  { pending, upTo }: { readonly pending: readonly MigrationRef[]; readonly upTo: string },
): Promise<Observed<readonly ContractWindow[]>> {
  try {
    const completed = await loadCompleted(installation);
    const { releases } = await installation.source.catalog();
    const known = releases.map(({ version }) => version).sort(compareVersions);
    // The release that first listed a file decides about it.
    const owners = pending.map(({ version }) => known.find((one) => compareVersions(one, version) >= 0) ?? upTo);
    const windows: ContractWindow[] = [];
    for (const version of [...new Set([...owners, upTo])].sort(compareVersions)) {
      const { contract } = await installation.source.release(version);
      // A deployment may have jumped over it: then whatever came next brought it.
      const completedAt = completed.find(({ release }) => compareVersions(release, version) >= 0)?.at;
      windows.push({ version, afterMs: contract?.afterMs ?? 0, ...(completedAt === undefined ? {} : { completedAt }) });
    }
    return { kind: 'seen', value: windows };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return { kind: 'unknown', evidence: error.message };
  }
}

/** Completed releases, the first one first. */
async function loadCompleted({
  control,
  deployment,
}: Installation): Promise<readonly { release: string; at: string }[]> {
  const { rows } = await control.query<{ release: string; at: string }>(
    `select release, pg_catalog.to_char(completed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from onward.release where deployment = $1 order by completed_at`,
    [deployment.name],
  );
  return rows;
}
