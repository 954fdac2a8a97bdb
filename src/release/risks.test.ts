import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../../test/support/vendor.ts';
import { describeFinding, OnwardError } from '../model/index.ts';
import { addRisk, fixRisk, openSource, removeRisk, renderRelease, renderReleaseList, renderRisks } from './index.ts';

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor();
});
afterEach(() => vendor.remove());

async function refuse(promise: Promise<unknown>): Promise<OnwardError> {
  const error = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof OnwardError)) throw new Error('It was not refused');
  return error;
}

const catalog = () => openSource(vendor.system, vendor.source).catalog();
const add = async (text: string) => {
  await vendor.write('risk.yaml', text);
  return addRisk(vendor.system, { source: vendor.source, file: join(vendor.folder, 'risk.yaml') });
};
const fix = (id: string, version: string) => fixRisk(vendor.system, { source: vendor.source, id, version });

const SLOW = `id: slow-vacuum
message: Vacuum of orders takes hours.
url: https://shop.example/slow-vacuum
affects: ">=1.1.0"
when:
  - { kind: fact, fact: server, database: core, version: ">=14 <15" }
  - kind: all
    of:
      - { kind: sql, database: core, query: "select count(*) > 1000000 from orders", equals: "true" }
      - { kind: fact, fact: table, database: core, table: orders, bytes: { above: 10e9 } }
`;

describe('a risk that a release declares', () => {
  it('is in the catalog with the release, and every later one has it too until one fixes it', async () => {
    await vendor.write(
      'releases.d/1.0.0.yaml',
      'risks: [{ id: loses-orders, message: Orders are lost., when: [{ kind: always }] }]',
    );
    expect((await vendor.build('1.0.0')).release.risks).toEqual([
      { id: 'loses-orders', message: 'Orders are lost.', when: [{ kind: 'always' }] },
    ]);
    expect((await vendor.build('1.0.0')).alreadyPublished).toBe(true);
    const { release, findings } = await vendor.build('1.1.0');
    expect(release).not.toHaveProperty('risks');
    expect(findings.map(describeFinding)).toEqual(['1.1.0 has risk "loses-orders" too: nothing says that it is fixed']);
    expect((await catalog()).risks).toMatchObject([{ id: 'loses-orders', affects: '>=1.0.0', declaredBy: '1.0.0' }]);
    expect(renderReleaseList(await catalog())).toMatch(/^1\.1\.0 .* risk loses-orders$/m);
    await fix('loses-orders', '1.1.0');
    expect(renderReleaseList(await catalog())).not.toMatch(/^1\.1\.0 .* risk/m);
    expect(renderReleaseList(await catalog())).toMatch(/^1\.0\.0 .* risk loses-orders$/m);
    expect((await vendor.build('1.0.0')).alreadyPublished).toBe(true);
  });

  it('is refused when it could never be evaluated, is known already, or is fixed before', async () => {
    await vendor.write('releases.d/1.0.0.yaml', 'risks: [{ id: loses-orders, message: Orders are lost. }]');
    await vendor.build('1.0.0');
    await vendor.write(
      'releases.d/1.1.0.yaml',
      `stops:
  - { id: a, satisfiedBy: "1.0.0", reason: x, when: [{ kind: sql, database: other, query: select 1, equals: "1" }] }
  - { id: b, satisfiedBy: "1.0.0", reason: x, when: [{ kind: all, of: [{ kind: sql, database: core, query: select 1; select 2, equals: "1" }] }] }
risks:
  - { id: loses-orders, message: x }
  - { id: early, message: x, fixedIn: 1.1.0 }
  - { id: where, message: x, when: [{ kind: fact, fact: runtime, service: cart, is: process }] }
  - { id: data, message: x, when: [{ kind: dataMigration, id: split, is: incomplete }] }
`,
    );
    const { findings } = await refuse(vendor.build('1.1.0'));
    expect(findings.map(({ code }) => code)).toEqual([
      'release.risk-taken',
      'release.risk-fixed-before',
      'release.unknown-database',
      'release.wrong-query',
      'release.unknown-service',
      'release.unknown-data-migration',
    ]);
    expect(findings[3]?.message).toBe('stop "b" has a query that cannot be used: it holds more than one statement');
  });

  it('is refused where its conditions are not written as conditions', async () => {
    const when = [
      '{ kind: sometimes }',
      '{ kind: sql, database: core, query: select 1, equals: true }',
      '{ kind: fact, fact: table, database: core, table: orders }',
      '{ kind: fact, fact: table, database: core, table: orders, rows: { above: 5, below: 5 } }',
      '{ kind: all, of: [{ kind: all, of: [{ kind: always }] }] }',
    ];
    await vendor.write(
      'releases.d/1.0.0.yaml',
      `risks:\n${when.map((one, index) => `  - { id: a${index}, message: x, when: [${one}] }\n`).join('')}`,
    );
    const { findings } = await refuse(vendor.build('1.0.0'));
    expect(new Set(findings.map(({ position }) => position?.line))).toEqual(new Set([2, 3, 4, 5, 6]));
  });
});

describe('addRisk()', () => {
  beforeEach(async () => {
    for (const version of ['1.0.0', '1.1.0']) await vendor.build(version);
  });

  it('adds what became known later, and tells which releases have it', async () => {
    expect(await add(SLOW)).toMatchObject({ versions: ['1.1.0'], findings: [] });
    expect(renderRisks(await catalog())).toBe(
      [
        'slow-vacuum',
        '  Vacuum of orders takes hours.',
        '  Releases: 1.1.0',
        '  Affects >=1.1.0; no release fixes it yet, so every later one has it too',
        '  Applies when the server of core is >=14 <15, or "select count(*) > 1000000 from orders" on core gives true and table orders of core has more than 9.3 GiB',
        '  https://shop.example/slow-vacuum',
        '',
      ].join('\n'),
    );
    const release = await openSource(vendor.system, vendor.source).release('1.1.0');
    expect(renderRelease(release, await catalog())).toContain(
      '\nRisks\n  slow-vacuum: Vacuum of orders takes hours.\n',
    );
  });

  it('refuses one that is known, that is fixed before it begins, or whose conditions cannot be evaluated', async () => {
    await add(SLOW);
    const known = await refuse(add(SLOW));
    expect(known).toMatchObject({ code: 'release.wrong-risk', findings: [{ code: 'release.risk-taken' }] });
    expect(known.hint).toBe('Run `onward release risk remove slow-vacuum` first, or give it another id.');
    const other = SLOW.replace('slow-vacuum\n', 'other\n');
    const early = await refuse(add(`${other}fixedIn: 1.0.5\n`));
    expect(early.findings.map(({ code }) => code)).toEqual(['release.risk-fixed-before']);
    const wrong = await refuse(add(other.replaceAll('database: core', 'database: cart')));
    expect(wrong.findings.map(({ code }) => code)).toEqual(Array(3).fill('release.unknown-database'));
    expect(wrong.findings[0]?.message).toBe('risk "other" asks database cart, which product.yaml does not have');
    expect((await catalog()).risks).toHaveLength(1);
  });

  it('warns of one that no published release has', async () => {
    expect((await add(SLOW.replace('>=1.1.0', '>=2.0.0'))).findings).toMatchObject([
      { code: 'release.risk-affects-nothing', severity: 'warning' },
    ]);
  });
});

describe('fixRisk() and removeRisk()', () => {
  beforeEach(async () => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await vendor.build(version);
    await add(SLOW);
  });

  it('ends a risk at the release that fixes it, published or not', async () => {
    expect(await fix('slow-vacuum', '1.2.0')).toMatchObject({ versions: ['1.1.0'] });
    expect(await fix('slow-vacuum', '1.3.0')).toMatchObject({ versions: ['1.1.0', '1.2.0'] });
    expect((await refuse(fix('slow-vacuum', '1.0.0'))).code).toBe('release.wrong-fix');
  });

  it('takes a risk back, and names the one that was probably meant', async () => {
    const remove = (id: string) => removeRisk(vendor.system, { source: vendor.source, id });
    expect(await refuse(remove('slow-vacum'))).toMatchObject({
      code: 'release.unknown-risk',
      hint: 'Did you mean slow-vacuum?',
    });
    await remove('slow-vacuum');
    expect(await catalog()).not.toHaveProperty('risks');
    expect(renderRisks(await catalog())).toBe('shop has no known risks.\n');
  });
});
