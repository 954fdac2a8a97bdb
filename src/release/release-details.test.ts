import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, PRODUCT, type Vendor } from '../../test/support/vendor.ts';
import { describeFinding, OnwardError } from '../model/index.ts';

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor();
});
afterEach(() => vendor.remove());

async function refuse(version: string): Promise<OnwardError> {
  const error = await vendor.build(version).catch((thrown: unknown) => thrown);
  if (!(error instanceof OnwardError)) throw new Error('It was built');
  return error;
}

describe('the file of one release', () => {
  it('may be absent: artifacts can then go back until the roll is done, and there are no notes', async () => {
    const { release } = await vendor.build('1.0.0');
    expect(release).toMatchObject({ stops: [], rollback: { until: 'roll' }, notes: { breaking: [], deprecated: [] } });
    expect(release).not.toHaveProperty('upgradeFrom');
  });

  it('declares changes of configuration files, which the release keeps and later releases do not repeat', async () => {
    await vendor.write(
      'releases.d/1.0.0.yaml',
      `configuration:
  - { file: app, added: BILLING_CURRENCY, default: EUR, description: Currency of bills }
  - { file: app, required: STRIPE_KEY, secret: true }
  - { file: values, renamed: db.host, to: 'database."host.name"' }
  - { file: app, removed: OLD_FLAG }
  - { file: app, deprecated: LEGACY, instead: NEW, message: it is slow }
`,
    );
    expect((await vendor.build('1.0.0')).release.configuration).toEqual([
      { kind: 'added', file: 'app', key: 'BILLING_CURRENCY', default: 'EUR', description: 'Currency of bills' },
      { kind: 'required', file: 'app', key: 'STRIPE_KEY', secret: true },
      { kind: 'renamed', file: 'values', key: 'db.host', to: 'database."host.name"' },
      { kind: 'removed', file: 'app', key: 'OLD_FLAG' },
      { kind: 'deprecated', file: 'app', key: 'LEGACY', instead: 'NEW', message: 'it is slow' },
    ]);
    expect((await vendor.build('1.0.0')).alreadyPublished).toBe(true);
    expect((await vendor.build('1.1.0')).release).not.toHaveProperty('configuration');
  });

  it('says one thing of a key, and is refused with every place where it says two', async () => {
    await vendor.write(
      'releases.d/1.0.0.yaml',
      `configuration:
  - { file: app, added: A, default: 1 }
  - { file: app, required: A }
  - { file: app, renamed: B, to: A }
  - { file: other, removed: A }
  - { file: values, removed: db }
  - { file: values, added: db.host, default: x }
  - { file: values, renamed: a, to: a.b }
`,
    );
    const refused = await refuse('1.0.0');
    expect(refused.findings.map((finding) => describeFinding(finding).replace(/^.*1\.0\.0\.yaml:/, ''))).toEqual([
      '3:5: configuration.1: key A of app is added in this release already',
      '4:5: configuration.2: key A of app is added in this release already',
      '7:5: configuration.5: key db.host of values is removed in this release already',
      '8:5: configuration.6: key a cannot be renamed to a.b, which is inside of it',
    ]);
    await vendor.write(
      'releases.d/1.0.0.yaml',
      'configuration: [{ file: app, added: "A B", default: 1 }, { file: App, removed: A }]\n',
    );
    expect((await refuse('1.0.0')).findings.length).toBeGreaterThanOrEqual(2);
  });

  it('declares data migrations that a service does, which must have a command for them', async () => {
    const text = (more: string) =>
      `dataMigrations: [{ kind: service, id: split, database: core, before: postdeploy, ${more} }]`;
    await vendor.write('releases.d/1.0.0.yaml', text('service: apy'));
    expect((await refuse('1.0.0')).findings).toMatchObject([
      { code: 'release.unknown-service', hint: 'Name one of api, worker.' },
    ]);
    await vendor.write('releases.d/1.0.0.yaml', text('service: api'));
    expect((await refuse('1.0.0')).findings).toMatchObject([
      { code: 'release.no-data-command', hint: 'Add `dataMigrations: <command>` to services.api in product.yaml.' },
    ]);
    await vendor.write('product.yaml', PRODUCT.replace('api: {', 'api: { dataMigrations: node data.mjs,'));
    expect((await vendor.build('1.0.0')).release.dataMigrations).toEqual([
      { kind: 'service', id: 'split', database: 'core', before: 'postdeploy', service: 'api', stalledAfterMs: 600_000 },
    ]);
    await vendor.write('releases.d/1.1.0.yaml', text('service: api, batch: { rows: 50 }, stalledAfter: 30s'));
    expect((await vendor.build('1.1.0')).release.dataMigrations).toMatchObject([
      { batchRows: 50, stalledAfterMs: 30_000 },
    ]);
  });

  it('declares data migrations, which the release keeps with their defaults and later releases do not repeat', async () => {
    const text = (more: string) =>
      `dataMigrations: [{ id: split, database: core, table: customers, set: a = b, where: a is null, verify: select 0, before: postdeploy, ${more} }]`;
    await vendor.write('releases.d/1.0.0.yaml', text('key: id'));
    const { release } = await vendor.build('1.0.0');
    expect(release.dataMigrations).toMatchObject([{ key: ['id'], batch: { rows: 1_000, targetMs: 250 } }]);
    expect((await vendor.build('1.0.0')).alreadyPublished).toBe(true);
    expect((await vendor.build('1.1.0')).release).not.toHaveProperty('dataMigrations');
    await vendor.write('releases.d/1.2.0.yaml', text('key: [tenant, id], batch: { rows: 50, target: 1s }'));
    expect((await vendor.build('1.2.0')).release.dataMigrations).toMatchObject([
      { key: ['tenant', 'id'], batch: { rows: 50, targetMs: 1_000 } },
    ]);
    await vendor.write('releases.d/1.3.0.yaml', text('key: id').replace('core', 'other'));
    expect((await refuse('1.3.0')).findings.map(({ code }) => code)).toEqual(['release.unknown-database']);
    await vendor.write('releases.d/1.3.0.yaml', text('key: "id; drop"').replace('customers', '"a b"'));
    expect((await refuse('1.3.0')).findings).toHaveLength(2);
  });

  it('refuses a data migration that stands twice', async () => {
    const one =
      '{ id: a, database: core, table: t, key: id, set: a = b, where: a is null, verify: select 0, before: contract }';
    await vendor.write('releases.d/1.0.0.yaml', `dataMigrations: [${one}, ${one}]`);
    expect((await refuse('1.0.0')).findings.map(describeFinding).join()).toContain('data migration "a" stands twice');
  });

  it('reports every problem where it stands', async () => {
    await vendor.write(
      'releases.d/1.0.0.yaml',
      [
        'upgradeFrom: newest',
        'stop: []',
        'rollback: { until: commit }',
        'stops:',
        '  - { id: a, satisfiedBy: ">=1", prefer: v1.0.0, reason: x }',
      ].join('\n'),
    );
    const { findings } = await refuse('1.0.0');
    const places = findings.map((finding) => `${finding.position?.line}:${finding.position?.column}`);
    expect(places).toEqual(['1:14', '2:1', '3:20', '5:42']);
    expect(findings[1]?.hint).toBe('Did you mean "stops"?');
  });

  it('refuses a stop that stands twice, or prefers what does not satisfy it', async () => {
    const stop = '{ id: a, satisfiedBy: ">=1 <2", prefer: 2.0.0, reason: x }';
    await vendor.write('releases.d/3.0.0.yaml', `stops: [${stop}, ${stop.replace('2.0.0', '1.5.0')}]`);
    expect((await refuse('3.0.0')).findings.map((finding) => describeFinding(finding).replace(/.*yaml:/, ''))).toEqual([
      '1:49: stops.0.prefer: 2.0.0 is not in >=1 <2',
      '1:75: stops.1.id: stop "a" stands twice',
    ]);
  });

  it('refuses a stop that nothing older can pass, and warns of one that nothing published passes yet', async () => {
    await vendor.write('releases.d/1.0.0.yaml', 'stops: [{ id: a, satisfiedBy: ">=1.1", reason: x }]');
    expect((await refuse('1.0.0')).findings.map((finding) => finding.code)).toEqual(['release.impossible-stop']);
    await vendor.write('releases.d/1.0.0.yaml', 'stops: [{ id: a, satisfiedBy: ">=0.9", reason: x }]');
    expect((await vendor.build('1.0.0')).findings).toMatchObject([{ code: 'release.unmet-stop', severity: 'warning' }]);
  });

  it('warns when nothing published may be upgraded to the release', async () => {
    await vendor.build('1.0.0');
    await vendor.write('releases.d/1.1.0.yaml', 'upgradeFrom: ">=1.0.5"');
    expect((await vendor.build('1.1.0')).findings).toMatchObject([
      { code: 'release.unmet-origin', severity: 'warning' },
    ]);
  });

  it('is not overlooked because of its name', async () => {
    for (const name of ['v1.0.0.yaml', '1.0.0.yml', '1.0.0.json']) {
      await vendor.write(`releases.d/${name}`, 'notes: { summary: First }');
      expect(await refuse('1.0.0')).toMatchObject({
        code: 'release.misnamed-file',
        hint: expect.stringContaining('1.0.0.yaml'),
      });
      await vendor.system.files.remove(`${vendor.folder}/releases.d/${name}`);
    }
  });
});
