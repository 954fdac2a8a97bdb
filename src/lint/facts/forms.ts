import { DEFINITION_FORMS } from './forms-definition.ts';
import { TABLE_FORMS } from './forms-table.ts';

/** A form of a statement whose effects are measured on each version of the server. */
export interface Form {
  /** Permanent, kebab-case. */
  readonly id: string;
  readonly sql: string;
  /** The first version that has it; 14 when left out. */
  readonly since?: number;
}

/** All forms. What is there before them is in `forms-schema.ts`. */
export const FORMS: readonly Form[] = [...parseForms(TABLE_FORMS), ...parseForms(DEFINITION_FORMS)];

/** One form a line: `id [since] | statement`. */
function parseForms(text: string): readonly Form[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const bar = line.indexOf('|');
      const [id = '', since] = line.slice(0, bar).trim().split(' ');
      const sql = line.slice(bar + 1).trim();
      return since === undefined ? { id, sql } : { id, sql, since: Number(since) };
    });
}
