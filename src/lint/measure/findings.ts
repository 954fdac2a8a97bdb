import { compareFindings, type LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { judgeChanges } from './judge-changes.ts';
import { judgeStatement } from './judge-statement.ts';
import type { FileMeasurement, Measurement, SessionLeak, StatementMeasurement } from './measurement.ts';
import { createPlacer, type PlaceFinding } from './place-finding.ts';

/** What a measurement says of the files that it was made of. Pure. */
export function judgeMeasurement(measurement: Measurement, files: readonly LintFile[]): readonly LintFinding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found = measurement.files.flatMap((measured) => {
    const file = byPath.get(measured.file);
    return file ? judgeFile(measured, file) : [];
  });
  return found.toSorted(compareFindings);
}

function judgeFile(measured: FileMeasurement, file: LintFile): readonly LintFinding[] {
  const place = createPlacer(file);
  return [
    ...judgeChanges(measured.changes, file, place),
    ...measured.statements.flatMap((statement) =>
      judgeStatement(statement, file.statements[statement.index]?.node, place),
    ),
    ...measured.statements.flatMap((statement) => judgeGaps(statement, file, place)),
    ...judgeEmpty(measured, place),
    ...measured.leaks.map((leak) => place(findStatement(file, leak), judgeLeak(leak))),
  ];
}

function judgeGaps(
  { index, error, effects, refusedRows }: StatementMeasurement,
  file: LintFile,
  place: PlaceFinding,
): readonly LintFinding[] {
  if (error) {
    const isMissing = /^(extension|could not open extension|could not access file|role .* does not exist$)/.test(
      error.message,
    );
    const hint = isMissing
      ? 'Name a scratch server that has it with --on.'
      : file.isShipped
        ? 'Give what was there before the files with --baseline.'
        : 'Mend the statement, or give what was there before the files with --baseline.';
    return [
      place(index, {
        rule: 'unmeasured',
        class: 'unanalysed',
        severity: file.isShipped || isMissing ? 'warning' : 'error',
        message: `The server refuses it on the scratch database: ${error.code} ${error.message}`,
        help: hint,
      }),
    ];
  }
  if (refusedRows?.code === '23502' && effects.unknown.length > 0) {
    return [
      place(index, {
        rule: 'unmeasured',
        class: 'unanalysed',
        severity: 'error',
        message: `The server refuses it as soon as the table has a row: ${refusedRows.code} ${refusedRows.message}`,
        help: 'Give the column a default, or add it without NOT NULL and fill it first.',
      }),
    ];
  }
  return effects.unknown.map((reason) =>
    place(index, {
      rule: 'unmeasured',
      class: 'unanalysed',
      severity: 'warning',
      message: `What it does could not be measured: ${reason}`,
      help: 'Look at what it locks and reads by hand.',
    }),
  );
}

/** Only for tables that the file locks: what happens to others is nothing. */
function judgeEmpty({ statements, empty }: FileMeasurement, place: PlaceFinding): readonly LintFinding[] {
  return empty.flatMap(({ table, reason }) => {
    const first = statements.find(({ held }) => held.some(({ relation }) => relation === table));
    if (!first) return [];
    return place(first.index, {
      rule: 'unmeasured',
      class: 'unanalysed',
      severity: 'warning',
      message: `Whether it reads or rewrites ${table} could not be measured, because no rows could be made for it: ${reason}`,
      help: 'Put rows of it into the baseline.',
    });
  });
}

function judgeLeak({
  kind,
  name,
  value,
}: SessionLeak): Pick<LintFinding, 'rule' | 'class' | 'severity' | 'message' | 'help'> {
  const now = value === '' ? '' : ` (${value})`;
  const what =
    kind === 'role' ? `another role${now}` : `${kind === 'advisory lock' ? 'an' : 'the'} ${kind} ${name}${now}`;
  return {
    rule: 'measured-session-leak',
    class: 'discipline',
    severity: kind === 'temporary table' ? 'warning' : 'error',
    message: `It leaves ${what} in the session, which the next file would meet`,
    help:
      kind === 'setting'
        ? 'Use SET LOCAL, or leave the setting out: Onward sets its own.'
        : 'Put it back at the end of the file.',
  };
}

function findStatement(file: LintFile, { kind, name }: SessionLeak): number {
  const word = kind === 'advisory lock' ? 'advisory' : name.toLowerCase();
  return Math.max(
    0,
    file.statements.findLastIndex(({ text }) => text.toLowerCase().includes(word)),
  );
}
