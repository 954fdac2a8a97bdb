import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type RunningCommand, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startHaproxy, type TestHaproxy } from '../support/haproxy.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let proxy: TestHaproxy;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'haproxy');
  proxy = await startHaproxy();
  const { adminSocket, masterSocket, backendFile } = proxy;
  const config = `{ socket: ${adminSocket}, master: ${masterSocket}, backend: api, file: ${backendFile} }`;
  await tiny.writeDeployment((text) =>
    text.replace(`{ builtin: { listen: "127.0.0.1:${tiny.ports.api}" } }`, `{ haproxy: ${config} }`),
  );
});
afterAll(async () => {
  await tiny?.remove();
  await proxy?.remove();
  await server?.remove();
});

describe('onward upgrade with a HAProxy of the operator’s', () => {
  it('opens the backend with the first release', async () => {
    await tiny.publish('1.0.0');
    const result = await tiny.onward(['provision', '--yes']);
    expect(result.stderr).toContain('Serving: 1.0.0.');
    await proxy.route({ mode: 'http', port: tiny.ports.api });
    expect((await fetch(`http://127.0.0.1:${tiny.ports.api}/version`)).status).toBe(200);
  });

  it('goes to the next release without a failed request', async () => {
    await tiny.publish('1.1.0', { behaviour: { api: { mark: '1.1.0' }, web: { mark: '1.1.0' } } });
    const load = startSteadyLoad([tiny.ports.api, tiny.ports.web]);
    const result = await tiny.onward(['upgrade', '--yes']);
    const report = await load.stop();
    expect(result.stderr).toMatch(/The switch carried \d+ requests since the run began, 0 failed\n/);
    expect(result.stderr).toContain('Serving: 1.1.0.');
    expect(report.failures).toEqual([]);
    expect(report.carried).toBeGreaterThan(50);
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });

  it('fails no request when the operator reloads HAProxy in the middle of a roll, and says what is not known then', async () => {
    await tiny.publish('1.1.1', { behaviour: { api: { mark: '1.1.1' } } });
    const load = startSteadyLoad([tiny.ports.api]);
    const run = await startUpgrade();
    await proxy.reload();
    const result = await run.ended;
    const report = await load.stop();
    expect(result.stderr).toMatch(/, 0 failed; of api only what came after its switch was restarted is known\n/);
    expect(result.stderr).toContain('Serving: 1.1.1.');
    expect(report.failures).toEqual([]);
  });

  it('waits for a HAProxy that is restarted in the middle of a roll, and goes on with it', async () => {
    await tiny.publish('1.1.2', { behaviour: { api: { mark: '1.1.2' } } });
    const run = await startUpgrade();
    await proxy.kill();
    await proxy.start();
    const result = await run.ended;
    expect([result.exit, result.stderr]).toEqual([0, expect.stringContaining('Serving: 1.1.2.')]);
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });

  it('stops no instance that a backend of the operator’s still sends requests to, and would once it does not', async () => {
    const [, address] = /^\s*server api-\S+ (127\.0\.0\.1:\d+)/m.exec(await readFile(proxy.backendFile, 'utf8')) ?? [];
    const old = join(dirname(proxy.backendFile), 'old.cfg');
    await writeFile(old, `backend old\n  mode http\n  server mine ${address} check\n`);
    const port = await freePort();
    await proxy.route({ mode: 'http', port, backend: 'old' });
    await tiny.publish('1.1.3', { behaviour: { api: { mark: '1.1.3' } } });
    await fetch(`http://127.0.0.1:${port}/version`);
    const refused = await tiny.onward(['upgrade', '--yes']);
    expect(refused.stderr + refused.stdout).toContain(
      '"use_backend old" and "default_backend old" to api, then reload',
    );
    expect(refused.exit).toBe(1);
    const doctor = await tiny.onward(['doctor', '--json']);
    expect(JSON.parse(doctor.stdout)).toMatchObject({ code: 'doctor.past-switch', severity: 'warning' });
    await proxy.reload();
    const { stdout, exit } = await tiny.onward(['plan']);
    expect(stdout).toMatch(/^note +HAProxy knows instances.* server mine of backend old .* got nothing/m);
    expect([stdout, exit]).toEqual([expect.stringContaining('Next: onward upgrade\n'), 0]);
  });

  it('begins no run while HAProxy cannot be used, and goes on once it can', async () => {
    await proxy.kill();
    await tiny.publish('1.2.0', { behaviour: { api: { mark: '1.2.0' } } });
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.stderr).toContain('Could not reach HAProxy: nobody listens on');
    expect(result.exit).toBe(1);
    expect((await tiny.onward(['doctor'])).stdout).toContain('Start HAProxy with "stats socket');
    await proxy.start();
    const again = await tiny.onward(['upgrade', '--yes']);
    expect(again.stderr).toContain('Serving: 1.2.0.');
    expect((await fetch(`http://127.0.0.1:${tiny.ports.api}/version`)).status).toBe(200);
  });
});

/** Resolves when it changes the traffic of api for the first time. */
async function startUpgrade(): Promise<RunningCommand> {
  const countChanges = async () => (await tiny.events()).match(/"effect.started".*"switch:api:/g)?.length ?? 0;
  const before = await countChanges();
  const run = tiny.start(['upgrade', '--yes']);
  await eventually(countChanges, (count) => count > before, 30_000);
  return run;
}
