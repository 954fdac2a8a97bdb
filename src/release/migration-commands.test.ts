import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, PRODUCT, type Vendor } from '../../test/support/vendor.ts';
import { describeFinding, OnwardError } from '../model/index.ts';
import { openSource, renderRelease } from './index.ts';

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor();
});
afterEach(() => vendor.remove());

const SQL = 'check: { sql: { database: core, query: select 1, expect: 1 } }';
const write = (lines: readonly string[], version = '1.0.0') =>
  vendor.write(
    `releases.d/${version}.yaml`,
    ['migrationCommands:', ...lines.map((line) => `  - { ${line} }`)].join('\n'),
  );

/** What speaks against a build, without the folder. */
async function refuse(version = '1.0.0'): Promise<readonly string[]> {
  const error = await vendor.build(version).catch((thrown: unknown) => thrown);
  if (!(error instanceof OnwardError)) throw new Error('It was built');
  return error.findings.map((finding) => describeFinding(finding).replace(/^.*\.yaml:/, ''));
}

describe('migration commands', () => {
  it('are kept by the release with their defaults and with the databases that they change', async () => {
    await write([`name: schema, service: api, command: node dist/migrate.js, phase: expand, ${SQL}`]);
    expect((await vendor.build('1.0.0')).release.migrationCommands).toEqual([
      {
        name: 'schema',
        service: 'api',
        command: ['node', 'dist/migrate.js'],
        phase: 'expand',
        timeoutMs: 600_000,
        runs: 'if-needed',
        check: { kind: 'sql', database: 'core', query: 'select 1', expect: '1', timeoutMs: 30_000 },
        databases: ['core'],
      },
    ]);
    expect((await vendor.build('1.0.0')).alreadyPublished).toBe(true);
    const source = await openSource(vendor.system, vendor.source);
    expect(renderRelease(await source.release('1.0.0'), await source.catalog())).toContain(
      '\nMigration commands\n  expand: schema  api: node dist/migrate.js  (up to 10m 00s; done when "select 1" gives 1 in core)\n',
    );
    expect((await vendor.build('1.1.0')).release).not.toHaveProperty('migrationCommands');
  });

  it('of product.yaml belong to every release, and give way to one of the same name', async () => {
    const declared = `migrationCommands:
  - { name: schema, service: api, command: node dist/migrate.js, phase: expand, check: { command: { argv: [node, dist/migrate.js, --status] } } }
  - { name: index, service: worker, command: node dist/index.js, phase: postdeploy, check: exit-code }
`;
    await vendor.write('product.yaml', PRODUCT + declared);
    await write([`name: schema, service: api, composeService: db-setup, phase: expand, timeout: 1h, ${SQL}`], '1.1.0');
    const first = await vendor.build('1.0.0');
    expect(first.release.migrationCommands).toMatchObject([
      { name: 'schema', check: { kind: 'command', expect: { exit: 0 } }, databases: ['core'] },
      { name: 'index', runs: 'always', check: { kind: 'exit-code' } },
    ]);
    expect(first.findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['release.trusted-exit-code', 'warning'],
    ]);
    expect((await vendor.build('1.1.0')).release.migrationCommands).toMatchObject([
      { name: 'index' },
      { name: 'schema', command: [], composeService: 'db-setup', timeoutMs: 3_600_000 },
    ]);
  });

  it('run in the order that "after" asks for, else in that of the file', async () => {
    const at = (name: string, after: string) =>
      `name: ${name}, service: api, command: node x.js, phase: expand, after: [${after}], ${SQL}`;
    await write([at('c', 'a, b'), at('d', ''), at('b', 'a'), at('a', '')]);
    const { migrationCommands = [] } = (await vendor.build('1.0.0')).release;
    expect(migrationCommands.map(({ name }) => name)).toEqual(['d', 'a', 'b', 'c']);
  });

  it('need a check, or the word that their exit code is trusted', async () => {
    await write(['name: schema, service: api, command: node x.js, phase: expand']);
    expect(await refuse()).toEqual([
      expect.stringMatching(
        /^2:5: migrationCommands.0.check: is missing: must say how the result is known: \{ sql: … \}, \{ command: … \}, or exit-code/,
      ),
    ]);
  });

  it('are refused in the contract phase, with the reason', async () => {
    await write([`name: schema, service: api, command: node x.js, phase: contract, ${SQL}`]);
    expect(await refuse()).toEqual([
      expect.stringMatching(
        /must be expand or postdeploy: what a program is going to remove cannot be known beforehand/,
      ),
    ]);
  });

  it('are refused where they stand for every mistake in the file', async () => {
    await write([
      `name: schema, service: api, phase: expand, ${SQL}`,
      `name: other, service: api, command: "node x.js && node y.js", phase: expand, ${SQL}`,
      `name: other, service: api, command: node x.js, phase: expand, timeout: soon, runs: if-needed, check: exit-code`,
      `name: last, service: api, command: node x.js, phase: expand, check: { sql: { database: core, querry: select 1, expect: 1 } }`,
    ]);
    const problems = await refuse();
    for (const expected of [
      'needs a "command", a "composeService", or both',
      'must hold no quotes or shell characters',
      'must be a duration, such as 10m',
      'unknown key "migrationCommands.3.check.sql.querry"',
    ])
      expect(
        problems.filter((problem) => problem.includes(expected)),
        problems.join('\n'),
      ).toHaveLength(1);
  });

  it('are refused when they say one thing twice, or trust an exit code that nobody has seen yet', async () => {
    await write([
      `name: schema, service: api, command: node x.js, phase: expand, ${SQL}`,
      `name: schema, service: api, command: node x.js, phase: expand, runs: if-needed, check: exit-code`,
    ]);
    const problems = await refuse();
    expect(problems.some((problem) => problem.includes('an exit code tells only afterwards'))).toBe(true);
    await write([
      `name: schema, service: api, command: node x.js, phase: expand, ${SQL}`,
      `name: schema, service: api, command: node x.js, phase: expand, ${SQL}`,
    ]);
    expect(await refuse()).toEqual([expect.stringContaining('migration command "schema" stands twice')]);
  });

  it('are refused when they name what the product does not have, or could not be looked at or ordered', async () => {
    const check = (database: string, query: string) =>
      `check: { sql: { database: ${database}, query: "${query}", expect: 1 } }`;
    await write([
      `name: a, service: apis, command: node x.js, phase: expand, ${check('bookings', 'select 1')}`,
      `name: b, service: api, command: node x.js, phase: expand, after: [c, nothing], ${check('core', 'delete from item')}`,
      `name: c, service: api, command: node x.js, phase: expand, after: [b, d], ${SQL}`,
      `name: d, service: api, command: node x.js, phase: postdeploy, ${SQL}`,
    ]);
    const problems = (await refuse()).map((problem) => problem.replaceAll(/\s+/g, ' '));
    for (const expected of [
      'migration command "a" runs in service apis, which product.yaml does not have',
      'the check of migration command "a" is of database bookings, which product.yaml does not have',
      'the query of migration command "b" cannot be used: it is not a SELECT',
      'migration command "b" comes after "nothing", and there is no such command',
      'migration command "b" comes after itself',
      'migration command "c" of expand comes after "d" of postdeploy',
    ])
      expect(problems.join('\n')).toContain(expected);
  });
});
