import { z } from 'zod';
import { HAZARD_CLASSES } from './finding.ts';

const count = z.int().min(0);
const place = z.int().min(1);

const findingSchema = z.strictObject({
  rule: z.string().describe('Permanent name; docs/rules/<rule>.md explains it.'),
  class: z.enum(HAZARD_CLASSES),
  severity: z.enum(['error', 'warning']),
  source: z.enum(['static', 'measured', 'proof', 'invariant']),
  file: z.string(),
  line: place,
  column: place,
  statement: z.string().describe('On one line, shortened; empty when the finding is about the file.'),
  message: z.string(),
  help: z.string(),
  fix: z.string().optional().describe('SQL to stand in the place of the statement.'),
});

/** What `onward lint --format json` prints. */
export const lintReportSchema = z.strictObject({
  findings: z.array(findingSchema),
  files: count,
  summary: z.strictObject({
    errors: count,
    warnings: count,
    classes: z.strictObject(Object.fromEntries(HAZARD_CLASSES.map((name) => [name, count]))),
    shipped: count.describe('Files that have gone out already and were only looked at for changes.'),
    suppressed: z.record(z.string(), count).describe('Findings that a comment allows, by rule.'),
    server: z.int().describe('Major version of Postgres.'),
    measured: z.boolean(),
    proof: z
      .strictObject({
        statements: count,
        same: count,
        breaks: count,
        shapeChanged: count,
        notProvable: count,
        coverage: z.number().min(0).max(1),
      })
      .optional(),
  }),
});
