import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

/** `ONWARD_RACES` says how often two operators race; a hundred with the crash tests. */
const RACES = Number(process.env.ONWARD_RACES ?? 3);

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let patch = 0;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'operators');
  // Long enough for another command to start within it, on a machine that is busy.
  await tiny.writeDeployment((text) => text.replace('ttl: 6s', 'ttl: 10s'));
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

async function publishNext(): Promise<string> {
  patch += 1;
  const version = `1.0.${patch}`;
  await tiny.publish(version, { behaviour: { api: { mark: version }, cron: { mark: version } } });
  return version;
}

describe('two operators', () => {
  it('let a second one take over when the first is suspended for longer than its lease, and the first does nothing more', async () => {
    const version = await publishNext();
    const said = (await tiny.events()).length;
    const first = tiny.start(['upgrade', '--yes']);
    await eventually(tiny.events, (text) => text.slice(said).includes('"key":"start:api'), 30_000);
    first.kill('SIGSTOP');
    const early = await tiny.onward(['upgrade', '--yes']);
    expect(early.stderr).toContain('error upgrade.lease-held');
    expect(early.exit).toBe(1);
    await eventually(
      () => tiny.query('select 1 from onward.lease where expires_at > now()'),
      (rows) => rows.length === 0,
      30_000,
    );
    const second = await tiny.onward(['upgrade', '--yes']);
    expect(second.stderr).toContain(`Serving: ${version}.`);
    expect(second.exit).toBe(0);
    const instances = (await tiny.onward(['status', '--json'])).stdout;
    first.kill('SIGCONT');
    const ended = await first.ended;
    expect(ended.exit).toBe(6);
    expect(ended.stderr).toMatch(/error (upgrade\.lease-lost|deploy\.fenced)/);
    const now = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
    const before = JSON.parse(instances);
    expect(now.services.map((service: { running: unknown }) => service.running)).toEqual(
      before.services.map((service: { running: unknown }) => service.running),
    );
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });

  it('let the first go on that was suspended for longer than its lease, when nobody has taken it meanwhile', async () => {
    const version = await publishNext();
    const said = (await tiny.events()).length;
    const only = tiny.start(['upgrade', '--yes']);
    await eventually(tiny.events, (text) => text.slice(said).includes('"key":"start:api'), 30_000);
    only.kill('SIGSTOP');
    await eventually(
      () => tiny.query('select 1 from onward.lease where expires_at > now()'),
      (rows) => rows.length === 0,
      30_000,
    );
    only.kill('SIGCONT');
    const ended = await only.ended;
    expect(ended.exit, ended.stderr).toBe(0);
    expect(ended.stderr).toContain(`Serving: ${version}.`);
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });

  it(`started together ${RACES} times never both act`, { timeout: Math.max(600_000, RACES * 60_000) }, async () => {
    for (let race = 0; race < RACES; race += 1) {
      const version = await publishNext();
      const both = await Promise.all([tiny.onward(['upgrade', '--yes']), tiny.onward(['upgrade', '--yes'])]);
      const exits = both.map((result) => result.exit).sort();
      const words = both.map((result) => result.stderr).join('\n');
      expect(
        [
          [0, 1],
          [0, 0],
        ],
        words,
      ).toContainEqual(exits);
      const [runs] = await tiny.query(`select count(*)::int as n from onward.release where release = '${version}'`);
      expect(runs?.n, words).toBe(1);
      expect((await tiny.onward(['doctor'])).stdout, words).toMatch(/^Nothing to repair/);
    }
  });

  it('refuses to build upon a run whose journal is on another machine', async () => {
    await publishNext();
    const first = tiny.start(['upgrade', '--yes', '--until', 'expand']);
    expect((await first.ended).exit).toBe(5);
    const elsewhere = await tiny.secondOperator();
    const second = await tiny.onward(['upgrade', '--yes', '--file', elsewhere]);
    expect(second.stderr).toContain('error upgrade.run-elsewhere');
    expect(second.exit).toBe(4);
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
  });
});
