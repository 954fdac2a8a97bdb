/**
 * The configuration files of a deployment: reads and edits env and YAML files without touching what nobody changes, makes the changes that
 * releases declare, keeps revisions, and says what instances get of them. It knows neither runs nor instances, and decides no upgrade.
 */
export {
  findUnmapped,
  type LoadedFile,
  loadConfiguration,
  type MigratedFile,
  migrateConfiguration,
} from './migrate-configuration.ts';
export { writeOperatorFile } from './operator-file.ts';
export { type RenderedConfiguration, type Revision, renderConfiguration } from './render-configuration.ts';
export { renderMigration } from './render-migration.ts';
export { digestRevision, keepRevision, loadRevision, locateRevision, type RevisionStore } from './revision.ts';
