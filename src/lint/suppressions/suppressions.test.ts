import { beforeAll, describe, expect, it } from 'vitest';
import { createLocator, loadSqlParser, type SqlParser } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { applySuppressions, type SuppressionOptions } from './apply-suppressions.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadSqlParser();
});

const KNOWN = new Set([
  'drop-column',
  'drop-table',
  'create-index',
  'measured-scan',
  'edited-shipped-file',
  'out-of-order',
]);

function parse(text: string, about: Partial<LintFile> = {}): LintFile {
  return {
    path: 'a.sql',
    layout: 'flat',
    database: '',
    release: '',
    phase: 'expand',
    order: '1',
    isNotx: false,
    isTransactional: true,
    isShipped: false,
    text,
    statements: parser.split(text, 'a.sql'),
    ...about,
  };
}

/** A finding of the rule at each place where the text says `what`. */
function at(file: LintFile, rule: string, what: string): readonly LintFinding[] {
  const locate = createLocator(file.text);
  const base = { rule, class: 'contract', severity: 'error', source: 'static', message: 'm', help: 'h' } as const;
  const offsets = [...file.text.matchAll(new RegExp(what, 'g'))].map(({ index }) => index);
  return offsets.map((offset) => ({ ...base, file: file.path, ...locate(offset), statement: what }));
}

function apply(file: LintFile, findings: readonly LintFinding[], more: Partial<SuppressionOptions> = {}) {
  const applied = applySuppressions(parser, { findings, files: [file], knownRules: KNOWN, ...more });
  return {
    left: applied.findings.map(({ rule, line }) => `${line}: ${rule}`),
    suppressed: applied.suppressed,
    used: applied.used,
    messages: applied.findings.map(({ message }) => message),
  };
}

const ALLOW = '-- onward:allow drop-column until 2.0.0: nobody reads it now';

describe('a suppression', () => {
  it.each([
    ['on the line before', `${ALLOW}\nalter table a drop column b;\n`],
    ['on a line before, with other remarks between', `${ALLOW}\n-- see the notes\nalter table a drop column b;\n`],
    ['at its end', `alter table a drop column b; ${ALLOW}\n`],
    ['at the end of its last line', `alter table a\n  drop column b ${ALLOW}\n;\n`],
    ['at the end of the file', `alter table a drop column b; ${ALLOW}`],
    ['with line ends of Windows', `${ALLOW}\r\nalter table a drop column b;\r\n`],
  ])('covers the statement %s', (_, text) => {
    const file = parse(`select 1;\n${text}`);
    const applied = apply(file, at(file, 'drop-column', 'drop column'));
    expect(applied).toMatchObject({ left: [], suppressed: { 'drop-column': 1 } });
    expect(applied.used).toMatchObject([
      { rule: 'drop-column', until: '2.0.0', reason: 'nobody reads it now', findings: 1 },
    ]);
  });

  it('covers its own statement and its own rule alone', () => {
    const file = parse(
      `alter table a drop column b;\n${ALLOW}\nalter table a drop column c, drop column d;\nalter table a drop column e;`,
    );
    const findings = [...at(file, 'drop-column', 'drop column'), ...at(file, 'drop-table', 'drop column c')];
    expect(apply(file, findings)).toMatchObject({
      left: ['1: drop-column', '4: drop-column', '3: drop-table'],
      suppressed: { 'drop-column': 2 },
    });
  });

  it('can stand beside others', () => {
    const file = parse(`${ALLOW}\n${ALLOW.replace('drop-column', 'drop-table')}\nalter table a drop column b;`);
    const findings = [...at(file, 'drop-column', 'alter'), ...at(file, 'drop-table', 'alter')];
    expect(apply(file, findings)).toMatchObject({ left: [], suppressed: { 'drop-column': 1, 'drop-table': 1 } });
  });

  it('before the first statement covers what is about the whole file', () => {
    const file = parse(`${ALLOW.replace('drop-column', 'out-of-order')}\nselect 1;\nselect 2;`);
    const finding = { ...at(file, 'out-of-order', '-- onward').slice(0, 1)[0], statement: '' } as LintFinding;
    expect(apply(file, [finding])).toMatchObject({ left: [], suppressed: { 'out-of-order': 1 } });
  });

  it('stands before the marks of a layout as well, which are blank by then', () => {
    const file = parse(`${ALLOW}\n${' '.repeat(27)}\nalter table a drop column b;`);
    expect(apply(file, at(file, 'drop-column', 'alter'))).toMatchObject({ left: [] });
  });

  it('leaves other files alone', () => {
    const file = parse(`${ALLOW}\nalter table a drop column b;`);
    const other = at({ ...file, path: 'b.sql' }, 'drop-column', 'alter');
    expect(apply(file, other).left).toEqual(['2: drop-column', '1: suppression-unused']);
  });
});

describe('a text that is no comment', () => {
  it.each([`select '${ALLOW}';`, `select '\n${ALLOW}\n';`, `do $$\n${ALLOW}\n$$;`])(
    'allows nothing, and is not judged: %j',
    (text) => {
      const file = parse(text);
      expect(apply(file, at(file, 'drop-column', '^\\w+')).left).toEqual(['1: drop-column']);
    },
  );
});

describe('a suppression that is wrong', () => {
  const drop = '\nalter table a drop column b;';

  it.each([
    [`--onward:allow drop-column until 2.0.0: nobody reads it now${drop}`, 'suppression-malformed'],
    [`-- onward:allow drop-column: nobody reads it now${drop}`, 'suppression-malformed'],
    [`-- Onward: allow drop-column until 2.0.0: nobody reads it now${drop}`, 'suppression-malformed'],
    [`/* onward:allow drop-column until 2.0.0: nobody reads it now */${drop}`, 'suppression-malformed'],
    [`-- onward:allow drop-column until later: nobody reads it now${drop}`, 'suppression-malformed'],
    [`${ALLOW}\n${drop}`, 'suppression-malformed'],
    [`${drop}\n${ALLOW}`, 'suppression-malformed'],
    [`-- onward:allow drop-column until 2.0.0${drop}`, 'suppression-without-reason'],
    [`-- onward:allow drop-column until 2.0.0: because ok ...${drop}`, 'suppression-without-reason'],
    [`-- onward:allow drop-colum until 2.0.0: nobody reads it now${drop}`, 'suppression-unknown-rule'],
    [`-- onward:allow edited-shipped-file until 2.0.0: nobody has it yet${drop}`, 'suppression-refused'],
  ])('is an error and allows nothing: %j', (text, rule) => {
    const file = parse(text);
    const { left, suppressed } = apply(file, at(file, 'drop-column', 'drop column'));
    expect(left.map((one) => one.replace(/^\d+: /, ''))).toEqual(['drop-column', rule]);
    expect(suppressed).toEqual({});
  });

  it('names the rule that was meant', () => {
    const file = parse(`${ALLOW.replace('drop-column', 'drop-colum')}${drop}`);
    expect(apply(file, []).messages).toEqual(['there is no rule drop-colum; drop-column is one']);
  });

  it('has expired from its release on, and holds before it, prereleases included', () => {
    const file = parse(`${ALLOW}${drop}`);
    const left = (currentRelease: string) =>
      apply(file, at(file, 'drop-column', 'drop column'), { currentRelease }).left;
    expect(left('2.0.0')).toEqual(['2: drop-column', '1: suppression-expired']);
    expect(left('10.0.0')).toEqual(['2: drop-column', '1: suppression-expired']);
    expect(left('1.9.9')).toEqual([]);
    expect(left('2.0.0-rc.1')).toEqual([]);
  });

  it('is not needed, unless its rule was not asked', () => {
    const file = parse(`${ALLOW}${drop}`);
    expect(apply(file, []).left).toEqual(['1: suppression-unused']);
    expect(apply(file, [], { unaskedRules: new Set(['drop-column']) }).left).toEqual([]);
  });

  it('is none of the business of a file that has shipped', () => {
    expect(apply(parse(`${ALLOW}${drop}`, { isShipped: true }), [], { currentRelease: '3.0.0' }).left).toEqual([]);
  });
});

describe('findings about shipped files', () => {
  it('stay, whatever a comment says', () => {
    const file = parse(`-- onward:allow edited-shipped-file until 9.0.0: it was never applied\nselect 1;`);
    const finding = { ...at(file, 'edited-shipped-file', '-- onward')[0], statement: '' } as LintFinding;
    expect(apply(file, [finding]).left).toEqual(['1: edited-shipped-file', '1: suppression-refused']);
  });
});
