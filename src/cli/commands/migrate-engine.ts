import type { MigrateEngine } from '../../lint/index.ts';
import { MIGRATION_PHASES } from '../../model/index.ts';
import type { System } from '../../system/index.ts';

/** Applies a folder of migrations, every phase, as an upgrade would apply them one after another. For scratch databases. */
export function createMigrateEngine(system: System, folder: string): MigrateEngine {
  return async (target, database) => {
    const { applyMigrations, readMigrations } = await import('../../migrate/index.ts');
    const named = database === '' ? {} : { database };
    const { files } = await readMigrations(system, folder, named);
    const report = await applyMigrations(system, {
      database: files[0]?.database ?? 'main',
      target,
      files,
      phases: MIGRATION_PHASES,
      // No version: files of every release are applied.
      release: '',
      run: `lint-${system.random.hex(4)}`,
    });
    return report.applied.length;
  };
}
