import { ExitCode, type MigrationPhase } from '../../model/index.ts';
import { migrateDeployment, observeDeploymentMigrations } from '../../upgrade/index.ts';
import type { CommandContext } from '../command-context.ts';
import { contractNotConfigured } from '../errors.ts';
import { renderMigrateReport, renderMigrationStatus } from '../render/migrate.ts';
import { lookAtInstallation, withInstallation } from './options.ts';

interface DeploymentOptions {
  readonly phase?: MigrationPhase;
  readonly database?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function applyToDeployment(
  context: CommandContext,
  path: string,
  options: DeploymentOptions,
): Promise<ExitCode> {
  const { phase = 'expand' } = options;
  if (phase === 'contract') throw contractNotConfigured();
  return withInstallation(context, path, async (installation) => {
    const { release, left, databases } = await migrateDeployment(context.system, installation, {
      phase,
      ...(options.database === undefined ? {} : { database: options.database }),
      ...(options.to === undefined ? {} : { version: options.to }),
      dryRun: options.dryRun ? 'show' : 'apply',
      signal: context.interrupt,
    });
    for (const { database, report, dualWrites } of databases) {
      const { applied, planned, cosmetic, alreadyApplied } = report;
      if (options.json) {
        const done = applied.map(({ file, ...measured }) => ({
          path: file.path,
          checksum: file.checksum,
          ...measured,
        }));
        const lists = {
          planned: planned.map(({ path: file }) => file),
          cosmetic: cosmetic.map(({ path: file }) => file),
        };
        context.print(
          `${JSON.stringify({ database, applied: done, ...lists, alreadyApplied: alreadyApplied.length, dualWrites })}\n`,
        );
      } else {
        context.print(renderMigrateReport({ ...report, database, left: [], findings: [] }, options.dryRun === true));
        for (const id of dualWrites) context.print(`${database}: the trigger of data migration ${id} is installed.\n`);
      }
    }
    if (left.length > 0)
      context.say(
        `note: ${release} has ${left.length === 1 ? 'a migration command' : 'migration commands'} of its own in this phase (${left.join(', ')}), which only "onward upgrade" runs.`,
      );
    return ExitCode.done;
  });
}

export async function showOfDeployment(
  context: CommandContext,
  path: string,
  options: DeploymentOptions,
): Promise<ExitCode> {
  return lookAtInstallation(context, path, async (installation) => {
    const statuses = await observeDeploymentMigrations(context.system, installation, {
      ...(options.database === undefined ? {} : { database: options.database }),
      ...(options.to === undefined ? {} : { version: options.to }),
    });
    for (const status of statuses)
      context.print(options.json ? `${JSON.stringify(status)}\n` : renderMigrationStatus(status));
    return statuses.some((status) => status.drift.length + status.late.length > 0) ? ExitCode.findings : ExitCode.done;
  });
}
