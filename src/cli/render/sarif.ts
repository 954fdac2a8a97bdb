import type { LintFinding, LintReport, RuleDescription } from '../../lint/index.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/** A report in SARIF 2.1.0, which code scanners read. `version` is the tool's. */
export function renderSarif(report: LintReport, rules: readonly RuleDescription[], version: string): string {
  const used = new Set(report.findings.map(({ rule }) => rule));
  const listed = rules.filter(({ id }) => used.has(id));
  const unlisted = [...used].filter((id) => !listed.some((rule) => rule.id === id));
  const descriptors = [...listed.map(describeRule), ...unlisted.map((id) => ({ id }))];
  const driver = { name: 'onward', version, semanticVersion: version, rules: descriptors };
  const results = report.findings.map((finding) =>
    renderResult(
      finding,
      descriptors.findIndex(({ id }) => id === finding.rule),
    ),
  );
  const run = { tool: { driver }, columnKind: 'unicodeCodePoints', results };
  return `${JSON.stringify({ $schema: SCHEMA, version: '2.1.0', runs: [run] })}\n`;
}

function describeRule({ id, title, why, help, severity }: RuleDescription) {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: help },
    defaultConfiguration: { level: severity },
  };
}

function renderResult(finding: LintFinding, ruleIndex: number) {
  const { rule, severity, file, line, column, message, help, statement, source } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: { text: `${message}. ${help}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
          region: {
            startLine: line,
            startColumn: column,
            ...(statement === '' ? {} : { snippet: { text: statement } }),
          },
        },
      },
    ],
    properties: { class: finding.class, source },
  };
}
