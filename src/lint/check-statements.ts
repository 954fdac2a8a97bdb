import { comparePhases } from '../model/index.ts';
import { createLocator, type SqlStatement } from '../system/index.ts';
import type { Effects } from './effects/effects.ts';
import { predictEffects } from './effects/predict-effects.ts';
import { type LintFinding, shortenStatement } from './finding.ts';
import type { LintFile } from './lint-file.ts';
import { RULES } from './rules/index.ts';
import type { Rule, Subject } from './rules/rule.ts';
import { createSchemaModel, type SchemaModelBuilder } from './schema-model/create-schema-model.ts';

/** Major versions of Postgres that the facts were measured on. */
export const SERVERS = [14, 15, 16, 17, 18] as const;
export type Server = (typeof SERVERS)[number];

export interface StaticOptions {
  readonly server: Server;
  /** What was there before the first file; with it, a relation that no statement made does not exist. */
  readonly baseline?: readonly SqlStatement[];
}

export interface StaticReport {
  readonly findings: readonly LintFinding[];
  /** What each statement of a file that was judged is predicted to do, by `<file>:<index>`. */
  readonly predictions: ReadonlyMap<string, Effects>;
}

/** Asks every rule about every statement of the files that have not shipped, in the order of the files. Pure. */
export function checkStatements(files: readonly LintFile[], options: StaticOptions): StaticReport {
  const findings: LintFinding[] = [];
  const predictions = new Map<string, Effects>();
  const builders = new Map<string, SchemaModelBuilder>();
  for (const file of files) {
    const builder = builders.get(file.database) ?? startModel(options.baseline);
    builders.set(file.database, builder);
    builder.startGroup(groupOf(file));
    builder.startFile();
    if (file.isShipped) for (const { node } of file.statements) builder.apply(node);
    else findings.push(...checkFile(file, { builder, predictions, server: options.server }));
  }
  return { findings, predictions };
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

function checkFile(
  file: LintFile,
  context: {
    readonly builder: SchemaModelBuilder;
    readonly predictions: Map<string, Effects>;
    readonly server: Server;
  },
): readonly LintFinding[] {
  const { builder, predictions, server } = context;
  const rules = RULES.filter(({ allowedFrom }) => !allowedFrom || comparePhases(file.phase, allowedFrom) < 0);
  const locate = createLocator(file.text);
  const findings: LintFinding[] = [];
  const earlier: { readonly statement: SqlStatement; readonly effects: Effects }[] = [];
  for (const [index, statement] of file.statements.entries()) {
    const schema = builder.model;
    const effects = predictEffects(statement, schema, { server });
    predictions.set(`${file.path}:${index}`, effects);
    const { node } = statement;
    const subject: Subject = { file, statement, node, index, schema, effects, earlier, server };
    for (const rule of rules) findings.push(...askRule(rule, subject, locate));
    builder.apply(node);
    if (file.isTransactional) earlier.push({ statement, effects });
  }
  return findings;
}

function askRule(rule: Rule, subject: Subject, locate: ReturnType<typeof createLocator>): readonly LintFinding[] {
  return rule.check(subject).map(({ message, help, offset, fix }) => ({
    rule: rule.id,
    class: rule.class,
    severity: rule.severity,
    source: 'static',
    file: subject.file.path,
    ...locate(offset ?? subject.statement.startOffset),
    statement: shortenStatement(subject.statement.text),
    message,
    help: help ?? rule.help,
    ...(fix === undefined ? {} : { fix }),
  }));
}
