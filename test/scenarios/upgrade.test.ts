import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'upgrade', { tarball: 'worker' });
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
    expect(result.stderr).toBe('Nothing to do: 1.1.0 is installed, and the channel points to no newer release.\n');
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

  it('runs a tarball from the folder that it unpacks to, as it was pinned', async () => {
    const release = JSON.parse(await readFile(join(tiny.folder, 'releases', 'releases', '1.1.0.json'), 'utf8'));
    const worker = release.components.find(({ service }: { readonly service: string }) => service === 'worker');
    expect(worker).toMatchObject({ kind: 'tarball', file: 'worker-1.1.0.tar.gz' });
    const hex = worker.identity.slice('sha256:'.length);
    expect(await readdir(join(tiny.stateDirectory, 'artifacts', hex))).toEqual(['behaviour.json', 'main.mjs']);
    expect((await tiny.onward(['status'])).stdout).toContain(hex.slice(0, 12));
  });

  it('refuses a tarball that has changed since its release was built, before anything has changed', async () => {
    await tiny.publish('1.3.0', { behaviour: { web: { mark: '1.3.0' }, worker: { mark: '1.3.0' } } });
    const { components } = JSON.parse(await readFile(join(tiny.folder, 'releases', 'releases', '1.3.0.json'), 'utf8'));
    const { identity } = components.find(({ service }: { readonly service: string }) => service === 'worker');
    const published = join(tiny.folder, 'releases', 'artifacts', `${identity.slice('sha256:'.length)}.tar.gz`);
    await appendFile(published, 'tampered');
    const before = await observe();
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.stderr).toContain(`Could not stage the artifact ${published}: it is sha256:`);
    expect(result.stderr).toContain(`and the release says ${identity}`);
    expect(result.exit).toBe(1);
    expect(await observe()).toEqual(before);
  });
});

async function observe(): Promise<unknown> {
  const { release, services } = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
  return { release, instances: services.map(({ instances }: { readonly instances: unknown }) => instances) };
}
