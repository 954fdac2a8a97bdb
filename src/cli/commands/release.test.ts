import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../../../test/support/vendor.ts';
import { OnwardError } from '../../model/index.ts';
import type { CommandContext } from '../command-context.ts';
import { define as defineChannel } from './channel.ts';
import { define as defineRelease } from './release.ts';

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor();
  await vendor.write('migrations/1.0.0/expand/001_orders.sql', 'create table orders (id bigint primary key);\n');
});
afterEach(() => vendor.remove());

/** What a command prints as data, says to a person, and ends with. */
async function onward(...argv: readonly string[]) {
  const out: string[] = [];
  const said: string[] = [];
  const context: CommandContext = {
    system: vendor.system,
    programs: { supervisor: '', switch: '', toolVersion: '0.1.0' },
    print: (text) => void out.push(text),
    say: (text) => void said.push(text),
    ask: async () => undefined,
    interrupt: new AbortController().signal,
    isTerminal: false,
    isColoured: false,
  };
  let exit: number | undefined;
  const program = new Command('onward').exitOverride().configureOutput({ writeErr: () => {} });
  for (const [name, define] of Object.entries({ release: defineRelease, channel: defineChannel })) {
    define(program.command(name), async (action) => {
      exit = await action(context);
    });
  }
  await program.parseAsync(argv, { from: 'user' });
  return { stdout: out.join(''), stderr: said.join('\n'), exit };
}

const build = (version: string, ...more: string[]) =>
  onward('release', 'build', version, '--product', vendor.productFile, '--to', vendor.source, ...more);
const source = () => ['--source', vendor.source];

describe('onward release build', () => {
  it('prints the identity of what it published, and says what is carried', async () => {
    const first = await build('1.0.0');
    expect(first).toMatchObject({
      stdout: expect.stringMatching(/^1\.0\.0 sha256:[0-9a-f]{64}\n$/),
      stderr: '',
      exit: 0,
    });
    expect((await build('1.0.0')).stdout).toBe(first.stdout.replace('\n', ' (already published)\n'));
    const second = await build('1.0.1', '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({
      version: '1.0.1',
      alreadyPublished: false,
      carried: [{ service: 'api' }, {}],
    });
    expect(second.stderr).toContain('worker is carried from 1.0.0');
  });

  it('gives files that name no database the only one of the product', async () => {
    await build('1.0.0');
    const { stdout } = await onward('release', 'show', '1.0.0', ...source(), '--json');
    expect(JSON.parse(stdout).migrations).toMatchObject([{ database: 'core', path: '1.0.0/expand/001_orders.sql' }]);
  });

  it('builds nothing while a migration cannot be read', async () => {
    await vendor.write('migrations/1.0.0/expand/002_broken.sql', 'create tabel broken ();\n');
    const { stdout, stderr, exit } = await build('1.0.0');
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 1 });
    expect(stderr).toContain('002_broken.sql');
    expect(stderr).toContain('Release 1.0.0 was not built. Nothing has changed.');
    expect(await vendor.system.files.exists(vendor.source)).toBe(false);
  });
});

describe('onward release list, show, notes and withdraw', () => {
  it('show what a source holds', async () => {
    await vendor.write('releases.d/1.0.1.yaml', 'notes: { summary: Faster. }');
    for (const version of ['1.0.0', '1.0.1']) await build(version);
    await onward('channel', 'set', 'stable', ...source());
    expect((await onward('release', 'list', ...source())).stdout).toMatch(
      /^RELEASE .*\n1\.0\.1 .*stable\n1\.0\.0 .*\n$/,
    );
    expect((await onward('release', 'show', 'stable', ...source())).stdout).toMatch(
      /^shop 1\.0\.1, published .*, channel stable\n/,
    );
    const notes = 'From 1.0.0 to 1.0.1\n\n1.0.1\n  Faster.\n';
    expect((await onward('release', 'notes', 'v1.0.1', ...source())).stdout).toBe(notes);
    expect((await onward('release', 'notes', 'stable', '--from', '1.0.0', ...source())).stdout).toBe(notes);
  });

  it('withdraw says which channel is left behind, and how to mend it', async () => {
    for (const version of ['1.0.0', '1.0.1']) await build(version);
    await onward('channel', 'set', 'stable', '1.0.1', ...source());
    const { stderr } = await onward('release', 'withdraw', '1.0.1', '--reason', 'loses data', ...source());
    expect(stderr).toContain('Run `onward channel set stable 1.0.0`');
    expect((await onward('release', 'list', ...source())).stdout).toContain('withdrawn: loses data');
  });
});

describe('onward channel', () => {
  it('lists channels, and sets one to a version or to the newest that is no prerelease', async () => {
    for (const version of ['1.0.0', '1.0.1', '1.1.0-rc.1']) await build(version);
    expect((await onward('channel', 'set', 'rc', 'v1.1.0-rc.1', ...source())).stderr).toBe(
      'Channel rc points to 1.1.0-rc.1.',
    );
    await onward('channel', 'set', 'stable', '1.0.0', ...source());
    expect((await onward('channel', 'set', 'stable', ...source())).stderr).toBe(
      'Channel stable points to 1.0.1 (before: 1.0.0).',
    );
    expect((await onward('channel', ...source())).stdout).toBe(
      'CHANNEL  RELEASE\nrc       1.1.0-rc.1\nstable   1.0.1\n',
    );
    expect(JSON.parse((await onward('channel', '--json', ...source())).stdout)).toEqual({
      rc: '1.1.0-rc.1',
      stable: '1.0.1',
    });
  });

  it('takes the source from the deployment, and refuses a deployment file that is not there', async () => {
    await build('1.0.0');
    await vendor.write(
      'site/onward.yaml',
      'deployment: site\nreleases: { source: ../source }\ndatabases: { core: { url: postgres://127.0.0.1/core } }\nservices: { api: { runtime: process } }\n',
    );
    expect((await onward('channel', 'set', 'stable', '-f', join(vendor.folder, 'site'))).stderr).toBe(
      'Channel stable points to 1.0.0.',
    );
    await expect(onward('release', 'list', '-f', join(vendor.folder, 'none'))).rejects.toThrow(OnwardError);
  });
});
