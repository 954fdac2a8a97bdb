import { resolveScratchTarget } from '../deployment/index.ts';
import type { MigrationFile } from '../migrate/index.ts';
import { chooseVersion } from '../release/index.ts';
import type { System } from '../system/index.ts';
import { type Installation, withIdleDeployment } from '../upgrade/index.ts';
import { severalDatabases, unknownDatabase } from './errors.ts';
import { type LedgerPlan, type LedgerRequest, planLedger } from './plan-ledger.ts';
import { takeOverLedger } from './take-over-ledger.ts';

export interface DeploymentLedgerRequest extends Omit<LedgerRequest, 'database' | 'target' | 'files' | 'never'> {
  /** Needed when the deployment has several. */
  readonly database?: string;
  /** The release whose files count, or its channel; the deployment's channel when left out. It may be newer than what is applied. */
  readonly version?: string;
  /** The files, by the name that they are asked for with, where the release source is not what they are to be read from. */
  readonly readFiles?: (database: string) => Promise<readonly MigrationFile[]>;
}

/** As `planLedger`, for a database of a deployment and the files of a release of its source. */
export async function planDeploymentLedger(
  system: System,
  installation: Installation,
  { database: wanted, version, readFiles, ...request }: DeploymentLedgerRequest,
): Promise<LedgerPlan> {
  const names = [...installation.databases.keys()];
  const [only, ...others] = names;
  if (wanted === undefined && others.length > 0) throw severalDatabases(names);
  const database = wanted ?? only ?? '';
  const target = installation.databases.get(database);
  if (!target) throw unknownDatabase(database, names);
  const files = await (readFiles?.(database) ?? loadFiles(installation, version));
  const on = request.on ?? (await resolveScratchTarget(system, installation.deployment));
  const never = [...installation.databases.values()];
  return planLedger(system, { ...request, database, target, files, never, ...(on ? { on } : {}) });
}

/** As `takeOverLedger`, under the lease of the deployment and fenced by it. Throws also what `withIdleDeployment` throws. */
export async function takeOverDeploymentLedger(
  system: System,
  installation: Installation,
  { plan, signal }: { readonly plan: LedgerPlan; readonly signal: AbortSignal },
): Promise<number> {
  const { deployment } = installation;
  return withIdleDeployment(system, installation, {
    kind: 'adopt',
    work: async ({ run, lease }) => {
      await lease.assertHeld();
      return takeOverLedger(system, plan, {
        run,
        fence: { deployment: deployment.name, epoch: lease.epoch },
        lockWaitMs: deployment.lockWaitMs,
        onEvent: (event) => system.log.emit(event),
        signal: AbortSignal.any([signal, lease.signal]),
      });
    },
  });
}

async function loadFiles(
  { source, deployment }: Installation,
  requested: string | undefined,
): Promise<readonly MigrationFile[]> {
  const catalog = await source.catalog();
  const { version } = chooseVersion(catalog, { requested, channel: deployment.releases.channel });
  return source.migrationFiles(await source.release(version));
}
