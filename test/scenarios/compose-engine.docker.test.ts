import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { type ComposeDeployment, createComposeDeployment } from '../support/compose-deployment.ts';
import { eventually } from '../support/eventually.ts';
import { type PrivateDockerd, startPrivateDockerd } from '../support/private-dockerd.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

let server: EmbeddedPostgres;
let dockerd: PrivateDockerd;
let tiny: ComposeDeployment;

beforeAll(async () => {
  [server, dockerd] = await Promise.all([
    startEmbeddedPostgres({ isDurable: false }),
    startPrivateDockerd({ isLiveRestoring: true }),
  ]);
  tiny = await createComposeDeployment(server, 'compose-engine', { host: dockerd.host });
  await tiny.publish('1.0.0');
  const installed = await tiny.onward(['provision', '--yes']);
  expect(installed.exit, installed.stderr).toBe(0);
}, 180_000);
afterAll(async () => {
  await tiny?.remove();
  await dockerd?.close();
  await server?.remove();
});

const version = async () =>
  (await (await fetch(`http://127.0.0.1:${tiny.port}/version`)).json()) as { version: string };

describe('an upgrade whose engine', () => {
  it('is restarted midway goes on when it is back, and fails no request where containers go on meanwhile', async () => {
    const load = startSteadyLoad([tiny.port]);
    await tiny.publish('1.1.0', { api: { startMs: 3_000 } });
    const running = tiny.start(['upgrade', '--yes']);
    await eventually(
      async () => (await tiny.containers('api')).filter(({ state }) => state === 'running').length,
      (count) => count > 2,
      60_000,
    );
    await dockerd.kill();
    await dockerd.start();
    const result = await running.ended;
    expect(result.exit, result.stderr).toBe(0);
    expect(await version()).toMatchObject({ version: '1.1.0' });
    expect((await load.stop()).failures).toEqual([]);
    expect(await tiny.containers('api')).toHaveLength(2);
  }, 180_000);

  it('has no room says so before anything has changed', async () => {
    await tiny.publish('1.2.0', { api: { mark: 'larger' } });
    const before = await tiny.containers('api');
    await dockerd.disk.fill();
    const refused = await tiny.onward(['upgrade', '--yes']);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('error runtime.no-image-room');
    expect(refused.stderr).toContain('no service was touched');
    await dockerd.disk.makeRoom();
    expect(await tiny.containers('api')).toEqual(before);
    const again = await tiny.onward(['upgrade', '--yes']);
    expect(again.exit, again.stderr).toBe(0);
    expect(await version()).toMatchObject({ version: '1.2.0' });
  }, 180_000);
});
