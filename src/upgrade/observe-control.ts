import type { Facts, LeaseFact } from '../model/index.ts';
import { OnwardError } from '../model/index.ts';
import type { System } from '../system/index.ts';
import type { Installation } from './installation.ts';
import { findDeadHolder } from './lease-holder.ts';

/** True when Onward's own tables are there; reading never makes them. */
export async function hasLedger(installation: Installation): Promise<boolean> {
  const { rows } = await installation.control.query<{ found: boolean }>(
    `select pg_catalog.to_regclass('onward.lease') is not null and pg_catalog.to_regclass('onward.release') is not null as found`,
  );
  return rows[0]?.found === true;
}

/** The last completed release of this deployment. */
export async function observeCurrent(installation: Installation): Promise<Facts['current']> {
  if (!(await hasLedger(installation))) return undefined;
  const { rows } = await installation.control.query<{ release: string; digest: string }>(
    `select release, digest from onward.release where deployment = $1 order by completed_at desc, release desc limit 1`,
    [installation.deployment.name],
  );
  const [row] = rows;
  return row && { release: row.release, digest: row.digest as `sha256:${string}` };
}

/** Who holds the lease. One whose process on this machine has certainly ended can be taken at once, and counts as free. */
export async function observeLease(system: System, installation: Installation): Promise<LeaseFact> {
  try {
    if (!(await hasLedger(installation))) return { kind: 'free' };
    const { rows } = await installation.control.query<{ run: string; holder: string; left: string }>(
      `select run, holder, extract(epoch from expires_at - clock_timestamp()) * 1000 as left
       from onward.lease where deployment = $1 and expires_at > clock_timestamp()`,
      [installation.deployment.name],
    );
    const [row] = rows;
    const dead = await findDeadHolder(system, installation.deployment.stateDirectory);
    return row && row.holder !== dead
      ? { kind: 'held', run: row.run, expiresInMs: Number(row.left) }
      : { kind: 'free' };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return { kind: 'unknown', evidence: error.message };
  }
}

/** The runs that began to install a first release of this deployment. */
export async function observeFirstInstalls(installation: Installation): Promise<readonly string[]> {
  if (!(await hasLedger(installation))) return [];
  const { rows } = await installation.control.query<{ run: string }>(
    `select run from onward.run where deployment = $1 and from_release = 'none'`,
    [installation.deployment.name],
  );
  return rows.map(({ run }) => run);
}

export interface RunMirror {
  readonly run: string;
  readonly from: string;
  readonly to: string;
  readonly seq: number;
  readonly hash: string;
  readonly outcome: string;
}

/** The runs of this deployment that have not ended, as the control database knows them. */
export async function observeUnfinishedMirrors(installation: Installation): Promise<readonly RunMirror[]> {
  if (!(await hasLedger(installation))) return [];
  const { rows } = await installation.control.query<RunMirror>(
    `select run, from_release as "from", to_release as "to", seq::int as seq, hash, outcome from onward.run
     where deployment = $1 and outcome = 'unfinished' order by started_at desc`,
    [installation.deployment.name],
  );
  return rows;
}
