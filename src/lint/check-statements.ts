import { compareTotalsAfters } from '../model/index.ts';
import { createLocator, type SqlParser, type SqlStatement } from '../system/index.ts';
import type { Edit } from './edit.ts';
import type { Effects } from './effects/effects.ts';
import { predictEffects } from './effects/predict-effects.ts';
import { type HazardClass, type LintFinding, shortenStatement } from './finding.ts';
import { innerStatements } from './inner-statements.ts';
import type { LintFile } from './lint-file.ts';
import { RULES } from './rules/index.ts';
import type { Hit, Rule, Subject } from './rules/rule.ts';
import { createSchemaModel, type SchemaModelBuilder } from './schema-model/create-schema-model.ts';
import type { ServerVersion } from './server-version.ts';

export interface StaticOptions {
  readonly parser: SqlParser;
  readonly server: ServerVersion;
  /** What was there before the first file; with it, a relation that no statement made does not exist. */
  readonly baseline?: readonly SqlStatement[];
}

export interface StaticReport {
  readonly findings: readonly LintFinding[];
  /** The repairs of findings that have a certain one. */
  readonly edits: readonly Edit[];
  /** What each statement of a file that was judged is predicted to do, by `<file>:<index>`. */
  readonly predictions: ReadonlyMap<string, Effects>;
}

/** Asks every rule about every statement of the files that have not shipped, in the order of the files. Pure. */
export function checkStatements(files: readonly LintFile[], options: StaticOptions): StaticReport {
  const report = { findings: [] as LintFinding[], edits: [] as Edit[], predictions: new Map<string, Effects>() };
  const builders = new Map<string, SchemaModelBuilder>();
  for (const file of files) {
    const builder = builders.get(file.database) ?? startModel(options.baseline);
    builders.set(file.database, builder);
    builder.startGroup(groupOf(file));
    builder.startFile();
    if (file.isShipped) for (const { node } of file.statements) builder.apply(node);
    else checkFile(file, { builder, report, options });
  }
  return report;
}

/** Which statement a prediction or a measurement is about. */
export function statementKey(file: Pick<LintFile, 'path'>, index: number): string {
  return `${file.path}:${index}`;
}

function startModel(baseline: readonly SqlStatement[] | undefined): SchemaModelBuilder {
  const builder = createSchemaModel({ isComplete: baseline !== undefined });
  for (const { node } of baseline ?? []) builder.apply(node);
  return builder;
}

/** Files of one release and phase go out together: nobody uses what they make in between. */
function groupOf({ path, release, phase }: LintFile): string {
  return release === '' ? `file ${path}` : `release ${release} ${phase}`;
}

interface FileContext {
  readonly builder: SchemaModelBuilder;
  readonly options: Pick<StaticOptions, 'parser' | 'server'>;
  readonly report: {
    readonly findings: LintFinding[];
    readonly edits: Edit[];
    readonly predictions: Map<string, Effects>;
  };
}

function checkFile(file: LintFile, context: FileContext): void {
  const { builder, report } = context;
  const rules = RULES.filter(({ allowedFrom }) => !allowedFrom || compareTotalsAfters(file.phase, allowedFrom) < 0);
  const locate = createLocator(file.text);
  const earlier: Subject['earlier'][number][] = [];
  for (const [index, statement] of file.statements.entries()) {
    try {
      const effects = checkStatement({ file, statement, index, earlier }, { ...context, rules, locate });
      // What locks nothing cannot meet with anything; a dump has a hundred thousand of it.
      if (file.isTransactional && effects.locks.length + effects.unknown.length > 0)
        earlier.push({ statement, effects });
      builder.apply(statement.node);
    } catch (error) {
      // Bodies of functions are parsed when they are looked at, and may be nested as deep as anybody likes.
      if (!(error instanceof RangeError)) throw error;
      report.findings.push(toFinding(TOO_DEEP, { message: TOO_DEEP.title }, { file, statement, locate }));
    }
  }
}

const TOO_DEEP = {
  id: 'nested-too-deeply',
  class: 'unanalysed',
  severity: 'error',
  title: 'what it does could not be told: it is nested too deeply',
  help: 'Write it as several statements or functions.',
} as const;

interface StatementContext extends FileContext {
  readonly rules: readonly Rule[];
  readonly locate: ReturnType<typeof createLocator>;
}

function checkStatement(
  place: Pick<Subject, 'file' | 'statement' | 'index' | 'earlier'>,
  context: StatementContext,
): Effects {
  const { builder, options, report, rules, locate } = context;
  const { parser, server } = options;
  const { file, statement, index } = place;
  const schema = builder.model;
  const predict: Subject['predict'] = (node) => predictEffects({ ...statement, node }, schema, { server, parser });
  const effects = predict(statement.node);
  report.predictions.set(statementKey(file, index), effects);
  const subject: Subject = { ...place, node: statement.node, schema, effects, predict, server };
  for (const rule of rules) {
    for (const hit of rule.check(subject)) {
      const finding = toFinding(rule, hit, { file, statement, locate });
      report.findings.push(finding);
      if (hit.fix !== undefined) report.edits.push(toEdit(finding, statement, hit.fix));
    }
  }
  checkInside(subject, context);
  return effects;
}

/** A `DO` block hides nothing: what it takes from the old version is judged as if it stood by itself, each statement upon the ones before it. */
function checkInside(subject: Subject, { rules, locate, builder, options, report }: StatementContext): void {
  const statements = innerStatements(subject.statement, options.parser);
  const file = { ...subject.file, statements, isTransactional: true };
  for (const [index, statement] of statements.entries()) {
    const { node } = statement;
    for (const rule of rules.filter((each) => INSIDE.includes(each.class))) {
      for (const { fix: _ofItsOwnText, ...hit } of rule.check({ ...subject, file, statement, node, index })) {
        report.findings.push(toFinding(rule, hit, { file: subject.file, statement, locate }));
      }
    }
    builder.apply(node);
  }
}

/** Rules on locks look at the effects of the whole block. */
const INSIDE: readonly HazardClass[] = ['contract', 'style'];

function toFinding(
  rule: Pick<Rule, 'id' | 'class' | 'severity' | 'help'>,
  { message, help, offset, fix }: Hit,
  place: {
    readonly file: LintFile;
    readonly statement: SqlStatement;
    readonly locate: ReturnType<typeof createLocator>;
  },
): LintFinding {
  const { file, statement, locate } = place;
  return {
    rule: rule.id,
    class: rule.class,
    severity: rule.severity,
    source: 'static',
    file: file.path,
    ...locate(offset ?? statement.startOffset),
    statement: shortenStatement(statement.text),
    message,
    help: help ?? rule.help,
    ...(fix === undefined ? {} : { fix }),
  };
}

function toEdit(finding: LintFinding, { startOffset, text: original }: SqlStatement, text: string): Edit {
  return { finding, file: finding.file, startOffset, endOffset: startOffset + original.length, original, text };
}
