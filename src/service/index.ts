/**
 * `import { defineDataMigration, serveDataMigrations } from 'onward/service'`: what a Node service needs to carry out data migrations of kind
 * `service`. It speaks the protocol, keeps cursor, counters and fence in the transaction of each batch, and knows nothing of deployments,
 * releases and upgrades. The database client is the service's own.
 */
export type { DatabaseClient, SqlClient } from './client.ts';
export {
  type DataMigration,
  type DataMigrationBatch,
  type DataMigrationDefinition,
  defineDataMigration,
} from './define-data-migration.ts';
export { type ServeOptions, serveDataMigrations } from './program.ts';
