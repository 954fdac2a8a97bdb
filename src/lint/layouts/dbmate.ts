import { blank, findLines } from './blank.ts';
import type { MigrationLayout, UpPart } from './layout.ts';
import { placeNumbered } from './numbered.ts';
import { commitsEachIfToldAndAlone } from './transaction.ts';

const UP = /^--\s*migrate:up(\s|$)/;
const DOWN = /^--\s*migrate:down(\s|$)/;

/** dbmate: both directions in one file, under markers; options stand behind the marker. Sends the up part as one message. */
export const dbmateLayout: MigrationLayout = {
  name: 'dbmate',
  example: '20260114093000_add_orders.sql',
  extent: 'folder',
  recognises: ({ paths, textOf }) => paths.some((path) => findLines(textOf(path) ?? '', UP).length > 0),
  place: (folder) => ({ placements: placeNumbered(folder), findings: [] }),
  readUpPart,
  commitsEach: commitsEachIfToldAndAlone,
};

function readUpPart(text: string): UpPart {
  const [up] = findLines(text, UP);
  if (!up) {
    return {
      text: blank(text),
      isNotx: false,
      findings: [
        {
          rule: 'missing-up',
          class: 'discipline',
          severity: 'error',
          offset: 0,
          message: 'dbmate finds nothing to run: the file has no "-- migrate:up"',
          help: 'Put "-- migrate:up" on a line of its own before the first statement.',
        },
      ],
    };
  }
  const end = findLines(text, DOWN).find(({ startOffset }) => startOffset > up.startOffset)?.startOffset ?? text.length;
  const isNotx = /\stransaction:false(\s|$)/.test(up.text);
  const kept = blank(text.slice(0, up.endOffset)) + text.slice(up.endOffset, end) + blank(text.slice(end));
  return { text: kept, isNotx, findings: [] };
}
