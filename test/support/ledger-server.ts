import { rm } from 'node:fs/promises';
import { type LedgerPlan, type LedgerRequest, planLedger, takeOverLedger } from '../../src/adopt/index.ts';
import { openScratch, type Scratch } from '../../src/lint/index.ts';
import { type MigrationStatus, observeMigrations, readMigrations } from '../../src/migrate/index.ts';
import {
  startTestServer,
  type TestDatabase,
  type TestServer,
  writeMigrations,
} from '../../src/migrate/test-support.ts';

export type TestFiles = readonly (readonly [path: string, text: string])[];

/** A server with databases that other tools have migrated, and one to try things out on beside it. */
export interface LedgerServer {
  readonly test: TestServer;
  /** A database in which these statements were run. */
  createDatabase(...sql: readonly string[]): Promise<TestDatabase>;
  request(database: TestDatabase, files: TestFiles, given?: Partial<LedgerRequest>): Promise<LedgerRequest>;
  plan(database: TestDatabase, files: TestFiles, given?: Partial<LedgerRequest>): Promise<LedgerPlan>;
  takeOver(database: TestDatabase, files: TestFiles, given?: Partial<LedgerRequest>): Promise<number>;
  status(database: TestDatabase, files: TestFiles): Promise<MigrationStatus>;
  close(): Promise<void>;
}

export async function startLedgerServer(): Promise<LedgerServer> {
  const test = await startTestServer();
  let scratch: Promise<Scratch> | undefined;
  const folders: string[] = [];
  const request: LedgerServer['request'] = async (database, files, given) => {
    const folder = await writeMigrations(Object.fromEntries(files));
    folders.push(folder);
    const read = await readMigrations(test.system, folder, { database: 'core' });
    const errors = read.findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return { database: 'core', target: database.target, files: read.files, ...given };
  };
  const plan: LedgerServer['plan'] = async (...given) => {
    const wanted = await request(...given);
    // Every proof shares its server for as long as it is open.
    if (wanted.prove || wanted.baseline !== undefined) scratch ??= openScratch(test.system);
    await scratch;
    return planLedger(test.system, wanted);
  };
  let runs = 0;
  return {
    test,
    async createDatabase(...sql) {
      const database = await test.createDatabase();
      const session = await database.connect();
      for (const text of sql) await session.query(text);
      return database;
    },
    request,
    plan,
    async takeOver(...given) {
      runs += 1;
      return takeOverLedger(test.system, await plan(...given), { run: `adopt-${runs}` });
    },
    status: async (database, files) => observeMigrations(test.system, await request(database, files)),
    async close() {
      await (await scratch)?.close();
      await test.close();
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
    },
  };
}
