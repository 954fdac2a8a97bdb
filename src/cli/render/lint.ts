import { styleText } from 'node:util';
import type { LintFinding, LintReport } from '../../lint/index.ts';
import { formatCount } from '../../model/index.ts';

/** A report for a person: grouped by file, what is wrong and what to do; a summary at the end. */
export function renderLint(report: LintReport, isColoured: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
  const lines: string[] = [];
  let file: string | undefined;
  for (const finding of report.findings) {
    if (finding.file !== file) lines.push(...(file === undefined ? [] : ['']), paint('bold', finding.file));
    file = finding.file;
    lines.push(...renderFinding(finding, paint));
  }
  if (report.findings.length > 0) lines.push('');
  lines.push(describeLint(report));
  return `${lines.join('\n')}\n`;
}

function renderFinding(
  finding: LintFinding,
  paint: (style: Parameters<typeof styleText>[0], text: string) => string,
): readonly string[] {
  const { severity, line, column, rule, message, statement, help, source } = finding;
  const name = paint(severity === 'error' ? 'red' : 'yellow', severity);
  const origin = source === 'static' ? '' : `, ${source}`;
  return [
    `  ${`${line}:${column}`.padEnd(8)}${name}  ${message}  ${paint('dim', `(${rule}${origin})`)}`,
    ...(statement === '' ? [] : [`          ${paint('dim', statement)}`]),
    `          ${help}`,
  ];
}

/** One line: files, errors, warnings, and what else was done. */
export function describeLint({ files, summary }: LintReport): string {
  const { errors, warnings, shipped, suppressed, server, proof } = summary;
  const allowed = Object.values(suppressed).reduce((sum, count) => sum + count, 0);
  const parts = [
    `${formatCount(files, 'file')}: ${errors === 0 ? 'no error' : formatCount(errors, 'error')}, ${warnings === 0 ? 'no warning' : formatCount(warnings, 'warning')}`,
    ...(shipped > 0 ? [`${shipped} shipped before`] : []),
    ...(allowed > 0 ? [`${formatCount(allowed, 'finding')} allowed by comments`] : []),
    `for Postgres ${server}`,
    ...(summary.measured ? ['measured'] : []),
    ...(proof
      ? [
          `${formatCount(proof.statements, 'statement')} proved, ${(100 * proof.coverage).toFixed(1)} % of calls covered`,
        ]
      : []),
  ];
  return `${parts.join('; ')}.`;
}

/** Annotations for a GitHub workflow: one command a line. */
export function renderGithub(report: LintReport): string {
  const lines = report.findings.map(({ severity, file, line, column, rule, message, help }) => {
    const properties = Object.entries({ file, line, col: column, title: rule });
    const rendered = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(',');
    return `::${severity} ${rendered}::${escapeData(`${message}\n${help}`)}`;
  });
  return [...lines, describeLint(report), ''].join('\n');
}

/** What the workflow's commands need escaped: percent signs and line ends, and in properties the separators too. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
