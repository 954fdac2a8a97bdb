import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'upgrade');
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

describe('onward upgrade', () => {
  it('installs the first release on an empty database', async () => {
    await tiny.publish('1.0.0');
    const result = await tiny.onward(['provision', '--yes']);
    expect(result.stderr).toContain('Serving: 1.0.0.');
    expect(result.exit).toBe(0);
  });

  it('goes to the next release without a failed request', async () => {
    await tiny.publish('1.1.0', {
      behaviour: { api: { mark: '1.1.0' }, cron: { mark: '1.1.0' }, worker: { mark: '1.1.0' } },
      migrations: {
        'expand/001_add.sql': 'alter table item add column note text;\n',
        'expand/002_index.notx.sql': 'create index concurrently item_note on item (note);\n',
        'postdeploy/001_check.sql':
          'alter table item add constraint note_length check (length(note) < 100) not valid;\n',
      },
    });
    const load = startSteadyLoad([tiny.ports.api, tiny.ports.web]);
    const result = await tiny.onward(['upgrade', '--yes']);
    const report = await load.stop();
    expect(result.stderr).toContain('Serving: 1.1.0.');
    expect(result.exit).toBe(0);
    expect(report.failures).toEqual([]);
    expect(report.carried).toBeGreaterThan(50);
    const ledger = await tiny.query('select path from onward.migration order by path');
    expect(ledger.length).toBe(4);
  });

  it('has nothing to do when it is run again', async () => {
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.stderr).toBe('Nothing to do: 1.1.0 is installed and is what the channel points to.\n');
    expect(result.exit).toBe(0);
  });

  it('takes every service back when one never becomes ready', async () => {
    await tiny.publish('1.2.0', {
      behaviour: { api: { mark: '1.2.0' }, web: { neverReady: true, why: 'a setting is missing' } },
    });
    const load = startSteadyLoad([tiny.ports.api, tiny.ports.web]);
    const result = await tiny.onward(['upgrade', '--yes']);
    const report = await load.stop();
    expect(result.stderr).toContain(
      'did not become ready within 4 s, GET /ready answered 503: {"service":"web","why":"a setting is missing"}',
    );
    expect(result.stderr).toContain('Serving: 1.1.0, every service, as before the run.');
    expect(result.exit).toBe(3);
    expect(report.failures).toEqual([]);
    const status = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
    expect(status.release).toBe('1.1.0');
    expect(status.run).toBeUndefined();
    expect(status.upcoming).toEqual({ release: '1.2.0', rolls: ['api', 'web'], carries: ['worker', 'cron'] });
    const { stdout } = await tiny.onward(['status']);
    expect(stdout).toMatch(
      /^ {2}api-1\.1\.0-\w+-1 +running +0 +\d{4}-\d\d-\d\d \d\d:\d\d UTC +[0-9a-f]{12} +process \d+$/m,
    );
    expect(stdout).toContain('No run is going on.\n1.2.0 is there: it rolls api, web and carries worker, cron.\n');
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });
});
