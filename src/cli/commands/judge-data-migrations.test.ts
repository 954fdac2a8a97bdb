import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, PRODUCT, type Vendor } from '../../../test/support/vendor.ts';
import { readMigrations } from '../../migrate/index.ts';
import { loadProduct } from '../../release/index.ts';
import { judgeDataMigrations } from './judge-data-migrations.ts';

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor(`${PRODUCT}lint: { measure: true, server: 15 }\n`);
  await vendor.write(
    'migrations/1.0.0/expand/001_customer.sql',
    `create table customer (tenant int not null, id bigint primary key, name text not null, unique (tenant, id));
     create table tenant (id int primary key);`,
  );
  await vendor.write(
    'migrations/1.1.0/expand/001_first.sql',
    'alter table customer add column first text; create table visit (customer bigint primary key, name text);',
  );
});
afterEach(() => vendor.remove());

interface Declared {
  readonly id: string;
  readonly more: string;
}

/** A data migration that is right, but for what is given instead. */
function declare({ id, more }: Declared): string {
  const keys = new Map(
    [
      'database: core',
      'table: customer',
      'key: id',
      'set: first = upper(name)',
      'where: first is null',
      'verify: select count(*) from customer where first is null',
      'before: contract',
      ...more.split('\n').filter((line) => line !== ''),
    ].map((line) => [line.split(':')[0] ?? '', line]),
  );
  if (keys.has('insert')) keys.delete('set');
  return `  - id: ${id}\n${[...keys.values()].map((line) => `    ${line}\n`).join('')}`;
}

/** `line:column code message` of what is wrong, for each data migration. */
async function judge(declared: readonly Declared[], more = ''): Promise<readonly string[]> {
  await vendor.write('releases.d/1.1.0.yaml', `dataMigrations:\n${declared.map(declare).join('')}`);
  await vendor.write('product.yaml', more === '' ? `${PRODUCT}lint: { measure: true, server: 15 }\n` : more);
  const product = await loadProduct(vendor.system, vendor.productFile);
  const { files } = await readMigrations(vendor.system, product.migrations ?? '', { database: 'core' });
  const found = await judgeDataMigrations(vendor.system, { product, files, version: '1.1.0', server: 15 });
  return found.map(
    ({ severity, code, message, position }) =>
      `${position?.line}:${position?.column} ${severity} ${code.replace('lint.', '')}: ${message}`,
  );
}

describe('judgeDataMigrations()', () => {
  it('has nothing to say of what works on the expanded schema', async () => {
    const good = [
      { id: 'update', more: '' },
      {
        id: 'insert',
        more: `insert: { into: visit, columns: [customer, name], select: 'select id, name from batch' }
where: not exists (select from visit where visit.customer = customer.id)`,
      },
      {
        id: 'parts',
        more: `key: [tenant, id]
scope: { kind: tenant, column: tenant, values: select id from tenant }
dualWrite: { timing: before, events: [insert, update], body: "if new.first is null then new.first := upper(new.name); end if" }`,
      },
    ];
    expect(await judge(good)).toEqual([]);
  });

  it('tells what each text says by itself, with its place, and without a server', async () => {
    const wrong = [
      { id: 'two', more: `set: "first = ''; drop table customer"` },
      { id: 'moving', more: 'set: first = upper(name), id = id + 1' },
      { id: 'dice', more: 'set: first = random()::text' },
      { id: 'far', more: 'scope: { kind: tenant, column: tenant, values: select id from tenant }' },
    ];
    expect(await judge(wrong, PRODUCT)).toEqual([
      '6:10 error data-migration-text: data migration "two": "set" holds more than one statement',
      '14:10 error data-migration-key-change: data migration "moving": "set" changes id, which the ranges go by',
      '22:10 warning data-migration-volatile: data migration "dice": "set" calls random, which gives another value every time: a batch that is tried again does something else',
      '34:36 warning data-migration-scope: data migration "far": the key (id) does not begin with tenant: every batch of a part walks over the rows of the others',
    ]);
  });

  it('tries out on a scratch database what the text cannot tell', async () => {
    const wrong: readonly (Declared & { readonly says: string })[] = [
      { id: 'nowhere', more: 'table: customers', says: 'data-migration-names' },
      { id: 'keyless', more: 'key: name', says: 'data-migration-names' },
      { id: 'typo', more: 'set: fist = upper(name)', says: 'data-migration-names' },
      { id: 'guess', more: 'where: frist is null', says: 'data-migration-names' },
      { id: 'again', more: 'where: name is not null', says: 'data-migration-repeats' },
      { id: 'words', more: 'verify: select name from customer limit 1', says: 'data-migration-verify' },
      { id: 'gone', more: 'where: first is not null', says: 'unmeasured-data-migration' },
      {
        id: 'broken',
        more: 'dualWrite: { timing: before, events: [update], body: "new.fist := 1" }',
        says: 'data-migration-dual-write',
      },
      {
        id: 'unlisted',
        more: 'key: [tenant, id]\nscope: { kind: tenant, column: tenant, values: select id from tenants }',
        says: 'data-migration-scope',
      },
    ];
    const found = await judge(wrong);
    for (const { id, says } of wrong) {
      const own = found.filter((line) => line.includes(`"${id}"`));
      expect(own, id).toHaveLength(1);
      expect(own[0], id).toContain(` ${says}: `);
    }
    expect(found.find((line) => line.includes('"again"'))).toMatch(
      /^\d+:12 error .*still finds 50 rows after they were changed$/,
    );
  });
});
