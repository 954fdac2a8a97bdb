import { resolveScratchTarget } from '../deployment/index.ts';
import { applySchema, openScratch, type Scratch, type ScratchDatabase, type ServerVersion } from '../lint/index.ts';
import type { MigrationFile } from '../release/index.ts';
import { loadSqlParser, type System } from '../system/index.ts';
import type { Installation } from './installation.ts';

/**
 * Opens the scratch server of the deployment, or an embedded one of the same major version as the server that is looked at
 * (`server_version_num`). Throws `postgres.not-installed` and `lint.refused-server`.
 */
export async function openScratchServer(
  system: System,
  installation: Installation,
  serverVersion: number,
): Promise<Scratch> {
  const on = await resolveScratchTarget(system, installation.deployment);
  const never = [...installation.databases.values()];
  if (on) return openScratch(system, { on, never });
  return openScratch(system, { server: Math.floor(serverVersion / 10_000) as ServerVersion, never });
}

/** Runs migrations on a scratch database, whichever phase they are of. Throws `lint.schema-fails`. */
export async function applyToScratch(
  system: System,
  {
    scratch,
    database,
    files,
  }: {
    readonly scratch: Scratch;
    readonly database: ScratchDatabase;
    readonly files: readonly Pick<MigrationFile, 'path' | 'text'>[];
  },
): Promise<void> {
  const parser = await loadSqlParser();
  const parsed = files.map(({ path, text }) => ({ path, text, statements: parser.split(text, path) }));
  await applySchema(system, database.target, parsed, { mayCreateRoles: scratch.isEmbedded });
}
