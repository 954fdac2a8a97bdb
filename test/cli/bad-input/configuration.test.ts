import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../../support/deployment.ts';
import { lines, namesOf, normalise, runRefused } from '../../support/refusal.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'bad-configuration');
  await tiny.writeDeployment(
    (text) => `${text}configuration:
  app: { file: ./app.env, format: env, services: [api] }
  values: { file: ./values.yaml, format: yaml, services: [api] }
  keys: { file: ./keys.env, format: env, secret: true, services: [api] }
`,
  );
  await tiny.publish('1.0.0', {
    details: `configuration:
  - { file: app, required: STRIPE_KEY, description: Key of the payment service }
  - { file: app, deprecated: LEGACY, instead: NEW }
  - { file: app, renamed: A, to: B }
  - { file: keys, required: TOKEN }
  - { file: billing, added: CURRENCY, default: EUR }
  - { file: values, removed: db }
`,
  });
  await tiny.onward(['status']);
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const write = (name: string, text: string) => writeFile(join(tiny.stateDirectory, '..', name), text);
const refused = (...args: readonly string[]) => runRefused(tiny, args);

describe('onward config', () => {
  it('says everything that is wrong with the files at once, at its place, with what repairs it', async () => {
    await write('app.env', 'STRIPE_KY=1\nLEGACY=2\nA=1\nB=2\n');
    await write('keys.env', 'TOKEN="hunter2\n');
    await write('values.yaml', 'a: 1\na: 2\nb: [\n');
    const app = '<folder>/operator/app.env';
    expect(await refused('config', 'check', '--version', '1.0.0')).toEqual({
      exit: 1,
      stdout: lines(
        `error    ${app}:3:1: 1.0.0 renames A to B, and both are there with different values`,
        '         Keep the one that is meant, as B.',
        `error    ${app}: STRIPE_KEY is missing, and 1.0.0 needs it: Key of the payment service`,
        '         Rename STRIPE_KY, if that is what it is.',
        `warning  ${app}:2:1: LEGACY is deprecated since 1.0.0; use NEW`,
        'error    <folder>/operator/values.yaml:2:1: map keys must be unique',
        'error    <folder>/operator/values.yaml:4:1: flow sequence in block collection must be sufficiently indented and end with a ]',
        'error    <folder>/operator/keys.env:1:7: cannot be read here',
        'error    billing: 1.0.0 needs CURRENCY in it, and onward.yaml maps no file of that name',
        '         Write into onward.yaml: configuration: { billing: { file: ./billing.env, format: env, services: [api, web, worker, cron] } }',
      ),
      stderr: '',
    });
    const diff = await refused('config', 'diff', '--json');
    expect(diff.exit).toBe(1);
    expect(
      diff.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(['app', 'values', 'keys', 'billing'].map((name) => ({ name, diff: '' })));
    expect(diff.stderr).toBe('Something is left for you to do: run "onward config check --version 1.0.0".\n');
  });

  it('is refused for a release that there is not, and without a word for what to do', async () => {
    expect(await refused('config', 'check', '--version', '9.9.9')).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error release.unknown',
        'Could not find release 9.9.9: the release source has 1.0.0, and channels stable (1.0.0). Nothing has changed.',
        '-> Run `onward release list` to see what exists.',
      ),
    });
    expect(normalise(await tiny.onward(['config', 'chek']), namesOf(tiny)).stderr).toBe(
      lines(
        'error cli.usage',
        'Could not tell what to do: unknown command "chek". Nothing has changed.',
        '-> Did you mean "onward config check"? Run "onward config --help" to see what it takes.',
      ),
    );
  });
});

describe('onward release build', () => {
  it('is refused for changes of configuration that cannot be, with every place', async () => {
    await writeFile(
      join(tiny.folder, 'vendor/releases.d/1.1.0.yaml'),
      `configuration:
  - { file: app, aded: A, default: 1 }
  - { file: app, added: B }
  - { file: App, required: "C D" }
  - { file: app, renamed: E }
  - { file: app, removed: F, default: 2 }
  - { file: app }
`,
    );
    const source = join(tiny.folder, 'releases');
    const product = join(tiny.folder, 'vendor/product.yaml');
    expect(await refused('release', 'build', '1.1.0', '--product', product, '--to', source)).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error document.invalid',
        'Could not use release file <folder>/vendor/releases.d/1.1.0.yaml: it has 8 problems. Nothing has changed.',
        '',
        ...[
          '2:5: configuration.0: needs one of added, required, renamed, removed, deprecated',
          '2:18: unknown key "configuration.0.aded"',
          '    Did you mean "added"?',
          '3:5: configuration.1.default: is missing',
          '4:13: configuration.2.file: must be lower-case letters, digits and hyphens, starting with a letter',
          '4:28: configuration.2.required: must be a key such as BILLING_CURRENCY or database.host; a segment that holds a dot stands in double quotes',
          '5:5: configuration.3.to: is missing',
          '6:39: configuration.4.default: does not go with "removed"',
          '7:5: configuration.5: needs one of added, required, renamed, removed, deprecated',
        ].map((line) => (line.startsWith(' ') ? `  ${line}` : `  <folder>/vendor/releases.d/1.1.0.yaml:${line}`)),
        '',
        '-> Mend <folder>/vendor/releases.d/1.1.0.yaml, then run the same command again.',
      ),
    });
  });
});
