import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../../support/deployment.ts';
import { lines, runRefused } from '../../support/refusal.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let file = '';
let good = '';

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'files');
  await tiny.publish('1.0.0');
  // What the first command that opens a deployment makes: its state directory with a key.
  await tiny.onward(['status']);
  file = join(tiny.folder, 'operator/onward.yaml');
  good = await readFile(file, 'utf8');
});
afterEach(() => tiny.writeDeployment(() => good));
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

/** What every command says of a file with problems. */
function unusable(code: string, problems: string, ...details: readonly string[]) {
  return {
    exit: 2,
    stdout: '',
    stderr: lines(
      `error ${code}`,
      `Could not use onward.yaml <folder>/operator/onward.yaml: it has ${problems}. Nothing has changed.`,
      '',
      ...details.map((detail) => (detail.startsWith(' ') ? detail : `  <folder>/operator/onward.yaml:${detail}`)),
      '',
      '-> Mend <folder>/operator/onward.yaml, then run the same command again.',
    ),
  };
}

describe('onward.yaml', () => {
  it('is refused with line, column and suggestion for every wrong key and type at once', async () => {
    await writeFile(
      file,
      `deployment: Tiny
releases: { sorce: ./releases, channel: 7 }
databases: { core: { url: "postgres://127.0.0.1/x", pasword: x } }
lease: { ttl: 6 }
services:
  api: { runtme: process, replicas: two, switch: { builtin: { listn: "127.0.0.1:1" } }, redyTimeout: 4s }
  web: { runtime: docker, after: api }
checks:
  - { name: front, http: { url: "ftp://x", expct: { status: 200 } } }
  - { name: items, sql: { database: core, querry: select 1 } }
contol: core
`,
    );
    const problems = unusable(
      'document.invalid',
      '15 problems',
      '1:13: deployment: must be lower-case letters, digits and hyphens, starting with a letter',
      '2:13: unknown key "releases.sorce"',
      '      Did you mean "source"?',
      '2:41: releases.channel: must be a channel such as stable, or a version',
      '3:53: unknown key "databases.core.pasword"',
      '      Known keys here: url, passwordFile.',
      '4:15: lease.ttl: must be a duration such as 250ms, 30s, 2m or 12h',
      '6:10: unknown key "services.api.runtme"',
      '      Did you mean "runtime"?',
      '6:37: services.api.replicas: must be a number',
      '6:63: unknown key "services.api.switch.builtin.listn"',
      '      Did you mean "listen"?',
      '6:89: unknown key "services.api.redyTimeout"',
      '      Did you mean "readyTimeout"?',
      '7:19: services.web.runtime: must be "process" or "compose" or "ssh"',
      '7:34: services.web.after: must be a list',
      '9:33: checks.0.http.url: must be an http or https URL',
      '9:44: unknown key "checks.0.http.expct"',
      '      Did you mean "expect"?',
      '10:43: unknown key "checks.1.sql.querry"',
      '      Did you mean "query"?',
      '11:1: unknown key "contol"',
      '      Did you mean "control"?',
    );
    for (const command of [['upgrade', '--yes'], ['status'], ['down', '--yes']]) {
      expect(await runRefused(tiny, command)).toEqual(problems);
    }
  });

  it('is refused with line, column and suggestion for every name that leads nowhere', async () => {
    await writeFile(
      file,
      `deployment: tiny
releases: { source: ./releases }
databases: { core: { url: "postgres://127.0.0.1/x" } }
control: cor
services:
  api: { runtime: process, after: [web], switch: { builtin: { listen: "127.0.0.1:1" } } }
  web: { runtime: process, after: [api, wrker], roll: start-first }
  worker: { runtime: process, roll: stop-first, replicas: 2, switch: { builtin: { listen: "127.0.0.1:1" } } }
checks:
  - { name: items, sql: { database: cre, query: select 1 } }
`,
    );
    expect(await runRefused(tiny, ['plan'])).toEqual(
      unusable(
        'deployment.inconsistent',
        '7 problems',
        '4:10: control: there is no "cor"; did you mean "core"?',
        '6:3: services: "after" goes in a circle: api -> web -> api',
        '7:41: services.web.after.1: there is no "wrker"; did you mean "worker"?',
        '7:55: services.web.roll: start-first needs a switch in front; add "switch" or choose overlap or stop-first',
        '8:59: services.worker.replicas: a stop-first service has one instance',
        '8:91: services.worker.switch.builtin.listen: 127.0.0.1:1 is the address of "api" already',
        '10:37: checks.0.sql.database: there is no "cre"; did you mean "core"?',
      ),
    );
  });

  it('is refused where it is no YAML', async () => {
    await writeFile(file, 'deployment: tiny\ndeployment: other\n\tservices: {}\n');
    expect(await runRefused(tiny, ['doctor'])).toEqual(
      unusable(
        'document.invalid',
        '2 problems',
        '2:1: Map keys must be unique',
        '3:1: Tabs are not allowed as indentation',
      ),
    );
  });

  it('is asked for where it is not', async () => {
    const missing = (path: string) => ({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error document.missing',
        `Could not read onward.yaml: there is no file <folder>/operator/${path}. Nothing has changed.`,
        '-> Name the right file or folder, then run the same command again.',
      ),
    });
    expect(await runRefused(tiny, ['verify', '-f', 'elsewhere'])).toEqual(missing('elsewhere'));
    await rm(file);
    expect(await runRefused(tiny, ['history'])).toEqual(missing('onward.yaml'));
    await writeFile(file, good);
  });

  it('closes a gate when it names a service that the release does not have', async () => {
    await tiny.writeDeployment((text) => text.replace('  cron: {', '  crom: {'));
    expect(await runRefused(tiny, ['provision', '--yes'])).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.gate-closed',
        'Could not start: a gate is not open. Nothing has changed.',
        '',
        '  closed   onward.yaml and release 1.0.0 name the same services: the release has no crom (did you mean cron?); onward.yaml has no cron',
        '',
        '-> Run "onward release show 1.0.0".',
      ),
    });
  });

  it.each([
    [
      'a variable of a service',
      'cron: { runtime: process,',
      'cron: { runtime: process, environment: { TOKEN: env:NOT_SET },',
      'services.cron.environment.TOKEN: the environment variable NOT_SET is not set',
    ],
    [
      'a file of a service',
      'cron: { runtime: process,',
      'cron: { runtime: process, environment: { TOKEN: "file:./no-token" },',
      'services.cron.environment.TOKEN: there is no file <folder>/operator/no-token',
    ],
    [
      'the URL of a database',
      /core: { url: "[^"]*"/,
      'core: { url: env:NOT_SET',
      'databases.core.url: the environment variable NOT_SET is not set',
    ],
    [
      'the password of a database',
      'core: { url:',
      'core: { passwordFile: ./no-password, url:',
      'databases.core.passwordFile: there is no file <folder>/operator/no-password',
    ],
  ])('is refused while %s is missing', async (_, from, to, problem) => {
    await tiny.writeDeployment((text) => text.replace(from, to));
    expect(await runRefused(tiny, ['provision', '--yes'])).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error deployment.missing-value',
        `Could not resolve ${problem}. Nothing has changed.`,
        '-> Provide the value, then run the same command again.',
      ),
    });
  });

  it.each([
    [
      'unknown-channel',
      '"stabel"',
      /(releases: {.*) }/,
      '$1, channel: stabel }',
      'Could not follow channel "stabel": the release source has 1.0.0, and channels stable (1.0.0). Nothing has changed.',
      'Run `onward channel set stabel <version>` in the release source, or name another channel.',
    ],
    [
      'no-source',
      'a folder without releases',
      /releases: {.*}/,
      'releases: { source: ./empty }',
      'Could not open the release source <folder>/operator/empty: there is no catalog.json in it. Nothing has changed.',
      'Check `releases.source` in onward.yaml, or publish with `onward release build <version>`.',
    ],
    [
      'unsupported-source',
      'a source of another kind',
      /releases: {.*}/,
      'releases: { source: "https://releases.example/" }',
      'Could not open the release source https://releases.example/: only folders can be read. Nothing has changed.',
      'Copy or unpack the source into a folder, and name that folder as the source.',
    ],
  ])('is refused with release.%s when it names %s', async (code, _, from, to, message, hint) => {
    await tiny.writeDeployment((text) => text.replace(from, to));
    expect(await runRefused(tiny, ['provision', '--yes'])).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(`error release.${code}`, message, `-> ${hint}`),
    });
  });
});
