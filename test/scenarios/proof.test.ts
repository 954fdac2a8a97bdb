import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({
    isDurable: false,
    settings: { shared_preload_libraries: 'pg_stat_statements' },
  });
  tiny = await createDeployment(server, 'proof');
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const gatesOf = (
  stdout: string,
): readonly { readonly id: string; readonly state: string; readonly evidence: string }[] => JSON.parse(stdout).gates;
const queriesGate = (stdout: string) => gatesOf(stdout).find(({ id }) => id === 'queries:core');

describe('the query proof of an upgrade', () => {
  it('is said to be missing where the server counts no statements', async () => {
    await tiny.publish('1.1.0', { migrations: { 'expand/001_note.sql': 'alter table item add column note text;\n' } });
    const { exit, stdout } = await tiny.onward(['plan']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /^note {4}Whether the statements of core still work .* was not tried out\. .*pg_stat_statements/m,
    );
    expect(stdout).toContain('lint of 1.1.0: no error; for Postgres 14; not measured; no query proof');
  });

  it('opens the gate when all that was sent so far still works', async () => {
    await tiny.query('create extension pg_stat_statements');
    for (let id = 1; id <= 3; id += 1) await tiny.query(`insert into item (id, name) values (${id}, 'x')`);
    await tiny.query('select id, name from item where id = 2');
    const { stdout } = await tiny.onward(['plan', '--json']);
    expect(queriesGate(stdout)).toMatchObject({ state: 'open', evidence: expect.stringContaining('and all work') });
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
  });

  it('closes the gate when a statement would break, whatever the release says of itself', async () => {
    const allowed = '-- onward:allow rename-column until 9.0.0: shows what the proof says of it\n';
    const migrations = { 'expand/001_rename.sql': `${allowed}alter table item rename column name to title;\n` };
    await tiny.publish('1.2.0', { migrations });
    const plan = await tiny.onward(['plan', '--json']);
    expect(queriesGate(plan.stdout)).toMatchObject({
      state: 'closed',
      evidence: expect.stringMatching(/^\d+ of \d+ statements would no longer work; the first: /),
    });
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit).toBe(1);
    expect(upgraded.stderr).toContain('column "name" of relation "item" does not exist');
    expect(await tiny.query('select name from item where id = 1')).toEqual([{ name: 'x' }]);
  });
});

describe('onward doctor --drift', () => {
  it('finds a schema that is as its migrations make it', async () => {
    const { exit, stdout, stderr } = await tiny.onward(['doctor', '--drift']);
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: '', stderr: 'core is as its migrations make it.\n' });
  });

  it('prints SQL that repairs what somebody changed by hand, and that SQL does', async () => {
    await tiny.query('alter table item drop column note');
    await tiny.query('create index by_hand on item (name)');
    const found = await tiny.onward(['doctor', '--drift']);
    expect(found.exit).toBe(1);
    expect(found.stderr).toContain('core differs from what its migrations make, in 2 places:');
    expect(found.stdout).toContain('note');
    expect(found.stdout).toMatch(/^-- .*by_hand/m);
    await tiny.query(found.stdout);
    await tiny.query('drop index by_hand');
    expect((await tiny.onward(['doctor', '--drift'])).exit).toBe(0);
  });
});
