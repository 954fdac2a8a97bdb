import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './test-support.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer();
});
afterAll(() => servers.close());

describe('applyMigrations()', () => {
  it('applies the files in order, records them, and does nothing the second time', async () => {
    const database = await servers.createDatabase();
    const files = {
      'core/v1.10.0/expand/001_c.sql': 'alter table a add column c int;',
      'core/v1.2.0/expand/002_b.sql': 'alter table a add column b int;',
      'core/v1.2.0/expand/001_a.sql': 'create table a (id int primary key);',
      'core/v1.2.0/contract/001_x.sql': 'drop table a;',
      'core/v1.10.0/expand/002_i.notx.sql': 'create index concurrently a_b on a (b);\nalter table a add d int;',
    };
    const report = await database.apply(files);
    expect(report.applied.map(({ file }) => file.path)).toEqual([
      'core/v1.2.0/expand/001_a.sql',
      'core/v1.2.0/expand/002_b.sql',
      'core/v1.10.0/expand/001_c.sql',
      'core/v1.10.0/expand/002_i.notx.sql',
    ]);
    expect(await database.ledger()).toEqual(report.applied.map(({ file }) => file.path));
    const again = await database.apply(files);
    expect(again.applied).toEqual([]);
    expect(again.alreadyApplied).toHaveLength(4);
  });
});
