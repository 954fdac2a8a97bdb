import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigurationChange, ConfigurationFile, DeclaredConfigurationChange } from '../model/index.ts';
import { parseEnv } from './env/parse-env.ts';
import { foldChanges } from './fold-changes.ts';
import type { ParseText } from './format.ts';
import { type MigratedText, migrateText } from './migrate-text.ts';
import { parseYaml } from './yaml/parse-yaml.ts';

const FILES: Readonly<Record<ConfigurationFile['format'], { readonly path: string; readonly parse: ParseText }>> = {
  env: { path: 'app.env', parse: parseEnv },
  yaml: { path: 'values.yaml', parse: parseYaml },
};

type Change = Omit<ConfigurationChange, 'file'> extends infer T ? T : never;

function declare(...releases: readonly (readonly object[])[]): readonly DeclaredConfigurationChange[] {
  return releases.flatMap((changes, index) =>
    changes.map((change) => ({
      release: `1.${index + 1}.0`,
      change: { file: 'app', ...change } as ConfigurationChange,
    })),
  );
}

function migrate(
  format: ConfigurationFile['format'],
  text: string,
  changes: readonly DeclaredConfigurationChange[],
): MigratedText {
  const { path, parse } = FILES[format];
  const file: ConfigurationFile = { name: 'app', path, format, secret: false, services: ['api'] };
  return migrateText({ file, text, changes: foldChanges(changes), parse, isProvided: () => false });
}

const added = (key: string, value: string | number | boolean = 'x') => ({ kind: 'added', key, default: value });
const renamed = (key: string, to: string) => ({ kind: 'renamed', key, to });
const removed = (key: string) => ({ kind: 'removed', key });
const URL_TEXT = `HOST=db\nURL=postgres://\${HOST}/shop\n`;

const required = (key: string, description?: string) => ({
  kind: 'required',
  key,
  ...(description ? { description } : {}),
});

describe('migrateText() of an env file', () => {
  it('adds, renames and removes, and keeps every other byte', () => {
    const text = '\uFEFF# Shop\r\nexport DB="a#b" # primary\r\n\r\nOLD_FLAG=1\r\nMULTI=\'two\r\nlines\'\r\nLAST=$DB';
    const result = migrate(
      'env',
      text.replace('$DB', `\${LAST_ONE:-z}`),
      declare([added('CURRENCY', 'EU R'), renamed('MULTI', 'POEM'), removed('OLD_FLAG')]),
    );
    expect(result.problems).toEqual([]);
    expect(result.text).toBe(
      `\uFEFF# Shop\r\nexport DB="a#b" # primary\r\n\r\nPOEM='two\r\nlines'\r\nLAST=\${LAST_ONE:-z}\r\n# Added by 1.1.0\r\nCURRENCY='EU R'`,
    );
    expect(result.edits.map(({ what }) => what)).toEqual(['rename MULTI to POEM', 'remove OLD_FLAG', 'add CURRENCY']);
  });

  it('says every key that is missing, empty or deprecated, with what was probably meant', () => {
    const result = migrate(
      'env',
      'STRIPE_KY=abc\nEMPTY=\nLEGACY=1\n',
      declare([
        required('STRIPE_KEY', 'Key of the\n payment service'),
        required('EMPTY'),
        { kind: 'deprecated', key: 'LEGACY', instead: 'NEW', message: 'slow' },
      ]),
    );
    expect(
      result.problems.map(({ code, message, hint, position }) => ({ code, message, hint, line: position?.line })),
    ).toEqual([
      {
        code: 'configuration.missing-key',
        message: 'STRIPE_KEY is missing, and 1.1.0 needs it: Key of the payment service',
        hint: 'Rename STRIPE_KY, if that is what it is.',
        line: undefined,
      },
      { code: 'configuration.missing-key', message: 'EMPTY is empty, and 1.1.0 needs it', hint: undefined, line: 2 },
    ]);
    expect(result.remarks.map(({ message }) => message)).toEqual(['LEGACY is deprecated since 1.1.0: slow; use NEW']);
  });

  it('makes no edit after which another value would mean something else', () => {
    const result = migrate('env', URL_TEXT, declare([renamed('HOST', 'DB_HOST')]));
    expect(result.text).toBe(URL_TEXT);
    expect(result.problems.map(({ message }) => message)).toEqual([
      '1.1.0 wants to rename HOST to DB_HOST, and that cannot be done to this text: URL refers to HOST, which the file does not set above it',
    ]);
  });

  it('takes a renamed key that is there under both names for one only when both say the same', () => {
    const changes = declare([renamed('A', 'B')]);
    expect(migrate('env', 'A=1\nB=1\n', changes)).toMatchObject({ text: 'B=1\n', problems: [] });
    const other = migrate('env', 'A=1\nB=2\n', changes);
    expect(other.text).toBe('A=1\nB=2\n');
    expect(other.problems.map(({ code }) => code)).toEqual(['configuration.both-names']);
  });

  it('finds everything that Compose would guess at, at its place', () => {
    const result = migrate('env', 'A=1\n  9X=2\nA=3\nPLAIN\nB="open\nC=$NOPE\n', []);
    expect(
      result.problems.map(({ code, position, message }) => `${position?.line}:${position?.column} ${code} ${message}`),
    ).toEqual([
      '2:3 configuration.syntax what stands in front of "=" is no name of a variable',
      '3:1 configuration.duplicate-key A stands twice, first in line 1',
      '4:1 configuration.syntax is no KEY=value',
      '5:3 configuration.syntax the value of B has no closing "',
    ]);
    expect(migrate('env', 'C=$NOPE\n', []).problems[0]?.message).toContain('refers to NOPE');
  });
});

describe('parseEnv()', () => {
  const read = (text: string) => ({ ...parseEnv({ path: 'app.env', text }).settings });

  it.each([
    ['a comment needs a space before it', 'A=a#b\nB=a #b\nC= # nothing\nD=#x', { A: 'a#b', B: 'a', C: '', D: '#x' }],
    ['quotes and escapes', `A='it\\'s $X'\nB="a\\n\\"b\\" \\$X \\q"`, { A: "it's $X", B: 'a\n"b" $X \\q' }],
    ['references above', `A=1\nB=\${A}-$A-\${Z:-q\${A}}-$$A-\${A:+y}`, { A: '1', B: '1-1-q1-$A-y' }],
    ['export, spaces and a colon', 'export A = 1 \n\tB: 2\nC=', { A: '1', B: '2', C: '' }],
    ['several lines', 'A="one\ntwo"\r\nB=\'three\r\nfour\' # said\n', { A: 'one\ntwo', B: 'three\r\nfour' }],
  ])('reads %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

describe('migrateText() of a YAML file', () => {
  const text = [
    '# values of shop',
    'db: # the database',
    '    host: "db1" # primary',
    '    pool:',
    '        size: 5',
    '',
    '# cache',
    'cache: { size: 10, ttl: 5m }',
    'old: true',
    'names: &names',
    '  - a',
    '  - b # last',
    '# end',
    '',
  ].join('\n');

  it('renames in place, moves, removes and adds, and keeps comments, order and indentation', () => {
    const result = migrate(
      'yaml',
      text,
      declare([
        renamed('db.host', 'db.hostname'),
        renamed('db.pool', 'limits.pool'),
        removed('cache.ttl'),
        removed('old'),
        added('db.tls', 'yes'),
        added('billing.currency', 'EUR'),
      ]),
    );
    expect(result.problems).toEqual([]);
    expect(result.text).toBe(
      [
        '# values of shop',
        'db: # the database',
        '    hostname: "db1" # primary',
        '    # Added by 1.1.0',
        '    tls: "yes"',
        'limits:',
        '    pool:',
        '        size: 5',
        '',
        '# cache',
        'cache: { size: 10 }',
        'names: &names',
        '  - a',
        '  - b # last',
        'billing:',
        '    # Added by 1.1.0',
        '    currency: EUR',
        '# end',
        '',
      ].join('\n'),
    );
  });

  it('edits JSON too, and a key that holds dots', () => {
    const json = '{\n  "a.b": 1,\n  "c": { "d": 2 }\n}\n';
    const result = migrate('yaml', json, declare([renamed('"a.b"', 'ab'), added('c.e', 'no'), removed('c.d')]));
    expect(result.problems).toEqual([]);
    expect(JSON.parse(result.text)).toEqual({ ab: 1, c: { e: 'no' } });
  });

  it('removes no anchor that something refers to, and adds nothing to what is no mapping', () => {
    const result = migrate('yaml', 'a: &x 1\nb: *x\nc: [1]\n', declare([removed('a'), added('c.d')]));
    expect(result.text).toBe('a: &x 1\nb: *x\nc: [1]\n');
    expect(result.problems.map(({ code, position }) => `${code} ${position?.line}`)).toEqual([
      'configuration.not-editable 1',
      'configuration.not-editable undefined',
    ]);
  });

  it('begins a text that says nothing yet', () => {
    for (const empty of ['', '# nothing\n', '# no line end', 'a:\n'])
      expect(migrate('yaml', empty, declare([added('a.b', 1)])), empty).toMatchObject({ problems: [] });
    expect(migrate('yaml', 'a: # later\nc: 1\n', declare([added('a.b', 1)])).text).toBe(
      'a: # later\n  # Added by 1.1.0\n  b: 1\nc: 1\n',
    );
  });

  it('finds syntax, double keys and second documents at their place', () => {
    const problems = (yaml: string) =>
      migrate('yaml', yaml, []).problems.map(({ code, position }) => `${position?.line}:${position?.column} ${code}`);
    expect(problems('a: 1\na: 2\n')).toEqual(['2:1 configuration.duplicate-key']);
    expect(problems('a: [1\nb: 2\n').length).toBeGreaterThan(0);
    expect(problems('a: 1\n---\nb: 2\n')).toEqual(['2:1 configuration.syntax']);
    expect(problems('- a\n')).toEqual(['1:1 configuration.syntax']);
  });
});

describe('the changes of several releases', () => {
  it('come to what they say one after the other', () => {
    const changes = declare(
      [added('B', '1'), renamed('A', 'C')],
      [renamed('B', 'D'), removed('E')],
      [added('E', '2'), required('C')],
    );
    const result = migrate('env', 'A=a\n', changes);
    expect(parseEnv({ path: '', text: result.text }).settings).toEqual({ C: 'a', D: '1', E: '2' });
    expect(result.problems).toEqual([]);
    expect(migrate('env', 'A=a\nB=9\nE=mine\n', changes).text).toBe('C=a\nD=9\nE=mine\n');
  });
});

/** Names are few, so that changes meet. */
const name = fc.constantFrom('A', 'B', 'C', 'D');
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('added'), key: name, default: fc.oneof(fc.string(), fc.integer(), fc.boolean()) }),
  fc.record({ kind: fc.constant('renamed'), key: name, to: name }).filter(({ key, to }) => key !== to),
  fc.record({ kind: fc.constant('removed'), key: name }),
  fc.record({ kind: fc.constant('required'), key: name }),
) as unknown as fc.Arbitrary<Change>;
const releases = fc.array(fc.array(change as fc.Arbitrary<object>, { maxLength: 3 }), { maxLength: 4 });
const lineEnd = fc.constantFrom('\n', '\r\n');

const envLine = (key: string) =>
  fc.constantFrom(
    `${key}=1`,
    `export ${key}='two words'`,
    `${key}="a\\"b" # said`,
    `  ${key} = x # y`,
    `${key}='one\ntwo'`,
    `${key}=`,
  );
const envText = fc
  .tuple(
    fc
      .uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'OTHER'), { minLength: 1 })
      .chain((keys) => fc.tuple(...keys.map(envLine))),
    fc.array(fc.constantFrom('', '# a comment', '  # X=1')),
    fc.tuple(lineEnd, fc.boolean()),
  )
  .map(
    ([lines, between, [end, isEnded]]) =>
      lines.flatMap((line, index) => [...between.slice(index, index + 1), line]).join(end) + (isEnded ? end : ''),
  );
const yamlLine = (key: string) =>
  fc.constantFrom(
    `${key}: 1 # one`,
    `"${key}": two words`,
    `${key}:\n   x: 1\n   # inner\n   y: [1, 2]`,
    `${key}: |\n  text\n\n  more`,
    `${key}: { z: 1 }`,
    `${key}:\n- 1\n- 2`,
    `${key}:`,
  );
const yamlText = fc
  .tuple(
    fc
      .uniqueArray(fc.constantFrom('A', 'B', 'C', 'D', 'OTHER'), { minLength: 1 })
      .chain((keys) => fc.tuple(...keys.map(yamlLine))),
    fc.array(fc.constantFrom('', '# a comment')),
    lineEnd,
  )
  .map(([lines, between, end]) =>
    `${lines.flatMap((line, index) => [...between.slice(index, index + 1), line]).join('\n')}\n`.replaceAll('\n', end),
  );

describe.each([
  ['env', envText],
  ['yaml', yamlText],
] as const)('properties of %s', (format, texts) => {
  const [seed, numRuns] = [Math.floor(Math.random() * 1e9), 400];
  const { parse } = FILES[format];

  it(`change nothing the second time (seed ${seed})`, () => {
    fc.assert(
      fc.property(texts, releases, (text, declared) => {
        const once = migrate(format, text, declare(...declared));
        fc.pre(once.problems.every(({ code }) => code === 'configuration.missing-key'));
        const twice = migrate(format, once.text, declare(...declared));
        expect(twice.text).toBe(once.text);
      }),
      { seed, numRuns },
    );
  });

  it(`keep every line that no edit is about, and all of them where nothing is edited (seed ${seed})`, () => {
    fc.assert(
      fc.property(texts, releases, (text, declared) => {
        const { text: after, edits } = migrate(format, text, declare(...declared));
        if (edits.length === 0) expect(after).toBe(text);
        const kept = (whole: string) =>
          whole.split(/\r?\n/).filter((line) => /OTHER|a comment|X=1/.test(line) && !/Added by/.test(line));
        expect(kept(after)).toEqual(kept(text));
      }),
      { seed, numRuns },
    );
  });

  it(`leave a text that can be read, with what nobody changed as it was (seed ${seed})`, () => {
    fc.assert(
      fc.property(texts, releases, (text, declared) => {
        const before = parse({ path: '', text });
        expect(before.findings).toEqual([]);
        const { text: after, problems } = migrate(format, text, declare(...declared));
        expect(problems.filter(({ code }) => code === 'configuration.not-editable')).toEqual([]);
        const parsed = parse({ path: '', text: after });
        expect(parsed.findings).toEqual([]);
        expect(parsed.settings.OTHER).toEqual(before.settings.OTHER);
      }),
      { seed, numRuns },
    );
  });

  it(`read whatever there is without falling over, and change it once (seed ${seed})`, () => {
    const pieces = fc.constantFrom(
      'A',
      '=',
      ':',
      ' ',
      '\n',
      '\r\n',
      '#',
      '"',
      "'",
      '\\',
      '$',
      '${',
      '}',
      '{',
      '-',
      '|',
      '&x',
      '*x',
      '<<',
      '\t',
      ',',
      '[',
    );
    const anything = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 30 }).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(anything, releases, (text, declared) => {
        const once = migrate(format, text, declare(...declared));
        if (parse({ path: '', text }).findings.length > 0) expect(once.text).toBe(text);
        else expect(parse({ path: '', text: once.text }).findings).toEqual([]);
        const twice = migrate(format, once.text, declare(...declared));
        if (once.problems.length === 0) expect(twice).toMatchObject({ text: once.text, edits: [] });
      }),
      { seed, numRuns: 3 * numRuns },
    );
  });
});

describe('properties of nested keys', () => {
  const seed = Math.floor(Math.random() * 1e9);
  const key = fc.constantFrom('A', 'A.x', 'A.x.y', 'B.z', 'B.x', 'C.x', 'D');
  const nested = fc.oneof(
    fc.record({ kind: fc.constant('added'), key, default: fc.constantFrom('text', 'no', 7, true) }),
    fc.record({ kind: fc.constant('renamed'), key, to: key }).filter((one) => !one.to.startsWith(one.key)),
    fc.record({ kind: fc.constant('removed'), key }),
  );
  const declaredNested = fc.array(fc.array(nested as fc.Arbitrary<object>, { maxLength: 3 }), { maxLength: 4 });

  it(`change nothing the second time, and never what nobody names (seed ${seed})`, () => {
    let edited = 0;
    fc.assert(
      fc.property(yamlText, declaredNested, (text, declared) => {
        const once = migrate('yaml', text, declare(...declared));
        const [before, after] = [text, once.text].map((each) => parseYaml({ path: '', text: each }));
        expect(after?.findings).toEqual([]);
        expect(after?.settings.OTHER).toEqual(before?.settings.OTHER);
        edited += once.edits.length;
        fc.pre(once.problems.length === 0);
        expect(migrate('yaml', once.text, declare(...declared))).toMatchObject({ text: once.text, edits: [] });
      }),
      { seed, numRuns: 600 },
    );
    expect(edited).toBeGreaterThan(100);
  });
});
