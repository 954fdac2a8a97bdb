import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'adopted');
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.publish('1.1.0', {
    behaviour: { api: { mark: 'new' } },
    migrations: { 'expand/001_more.sql': 'create table more (id bigint primary key);' },
  });
  // What stands here now is what somebody else has installed.
  await tiny.query('delete from onward.release');
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const recorded = () => tiny.query('select release, run from onward.release');

describe('onward adopt release', () => {
  it('refuses a release that does not run, with each difference', async () => {
    const refused = await tiny.onward(['adopt', 'release', '1.1.0', '--yes']);
    expect(refused.exit).toBe(1);
    expect(refused.stdout).toMatch(
      /error +adopt\.identity-differs: api-1\.0\.0-\w+-1 of api is sha256:\w{12}, and 1\.1\.0 ships sha256:\w{12}\./,
    );
    expect(refused.stdout).toContain('The ledger of core does not have core/1.1.0/expand/001_more.sql.');
    expect(refused.stdout).not.toContain('of worker is');
    expect(refused.stderr).toContain('What runs is not 1.1.0. Nothing was recorded.');
    expect(await recorded()).toEqual([]);
  });

  it('records nothing when it is only asked to compare', async () => {
    const compared = await tiny.onward(['adopt', 'release', '1.0.0', '--dry-run']);
    expect(compared.exit).toBe(0);
    expect(compared.stdout).toMatch(/^service +api: 2 are sha256:/);
    expect(compared.stderr).toContain('What runs is 1.0.0. Nothing was recorded.\nNext:\n  onward adopt release 1.0.0');
    expect(await recorded()).toEqual([]);
  });

  it('records the release that runs once, and touches no instance', async () => {
    const before = (await tiny.onward(['status', '--json'])).stdout;
    const adopted = await tiny.onward(['adopt', 'release', '1.0.0', '--yes']);
    expect(adopted.exit, adopted.stderr).toBe(0);
    expect(adopted.stderr).toContain('runs 1.0.0.\nNext:\n  onward plan');
    const [row, ...others] = await recorded();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ release: '1.0.0', run: expect.stringMatching(/^adopt-/) });
    const again = await tiny.onward(['adopt', 'release', '1.0.0', '--yes']);
    expect(again.exit).toBe(0);
    expect(again.stderr).toContain('It is on record that 1.0.0 runs.');
    expect(await recorded()).toEqual([row]);
    const started = (text: string) => text.match(/"startedAt":"[^"]+"/g);
    expect(started((await tiny.onward(['status', '--json'])).stdout)).toEqual(started(before));
  });

  it('refuses another release from then on, and names the way there', async () => {
    const refused = await tiny.onward(['adopt', 'release', '1.1.0', '--yes']);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('adopt.other-recorded');
    expect(refused.stderr).toContain('onward plan --version 1.1.0');
  });

  it('lets an upgrade go on from there', async () => {
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(upgraded.stderr).toContain('1.0.0 -> 1.1.0');
  });
});
