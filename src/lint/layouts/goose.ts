import type { SqlStatement } from '../../system/index.ts';
import { blank, findLines } from './blank.ts';
import type { MigrationLayout, TextFinding, UpPart } from './layout.ts';
import { placeNumbered } from './numbered.ts';

const MARK = /^\s*--\s*\+goose\s+(.+?)\s*$/i;

/** goose: both directions in one file; cuts statements at line ends unless told, and runs them one by one. */
export const gooseLayout: MigrationLayout = {
  name: 'goose',
  example: '00001_add_orders.sql',
  extent: 'folder',
  recognises: ({ paths, textOf }) => paths.some((path) => /^\s*--\s*\+goose\s+up\b/im.test(textOf(path) ?? '')),
  place: (folder) => ({ placements: placeNumbered(folder), findings: [] }),
  readUpPart,
  commitsEach: ({ isNotx }) => isNotx,
  checkStatements,
};

function readUpPart(text: string): UpPart {
  let kept = '';
  let at = 0;
  let isUp = false;
  const commands: string[] = [];
  for (const mark of findLines(text, MARK)) {
    const between = text.slice(at, mark.startOffset);
    kept += isUp ? between : blank(between);
    kept += blank(text.slice(mark.startOffset, mark.endOffset));
    at = mark.endOffset;
    const command = (MARK.exec(mark.text)?.[1] ?? '').toLowerCase();
    commands.push(command);
    if (command === 'up') isUp = true;
    if (command === 'down') isUp = false;
  }
  const rest = text.slice(at);
  kept += isUp ? rest : blank(rest);
  return { text: kept, isNotx: commands.includes('no transaction'), findings: commands.includes('up') ? [] : [noUp()] };
}

function noUp(): TextFinding {
  return {
    rule: 'missing-up',
    class: 'discipline',
    severity: 'error',
    offset: 0,
    message: 'goose finds nothing to run: the file has no "-- +goose Up"',
    help: 'Put "-- +goose Up" on a line of its own before the first statement.',
  };
}

/** A statement with a semicolon at the end of one of its inner lines is cut there, unless it stands between the two marks. */
function checkStatements(text: string, statements: readonly SqlStatement[]): readonly TextFinding[] {
  const marks = findLines(text, MARK).map(({ text: line, startOffset }) => ({
    isBegin: /statementbegin/i.test(line),
    isEnd: /statementend/i.test(line),
    startOffset,
  }));
  const isBetween = (offset: number) =>
    marks.findLast((mark) => mark.startOffset < offset && (mark.isBegin || mark.isEnd))?.isBegin;
  return statements.flatMap((statement) => {
    const cut = /;[ \t]*(--.*)?\r?\n/.exec(statement.text);
    if (!cut || isBetween(statement.startOffset)) return [];
    return [
      {
        rule: 'cut-statement',
        class: 'discipline',
        severity: 'error',
        offset: statement.startOffset + cut.index,
        message: 'goose ends the statement at this semicolon, in the middle of it',
        help: 'Put "-- +goose StatementBegin" before the statement and "-- +goose StatementEnd" behind it.',
      },
    ];
  });
}
