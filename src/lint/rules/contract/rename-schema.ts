import { describeObject, movedObject } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

const KINDS = ['OBJECT_SCHEMA'];

export const renameSchema: Rule = {
  id: 'rename-schema',
  hazards: ['C3'],
  class: 'contract',
  severity: 'error',
  title: 'Schema renamed while old instances may name it',
  why: "The old version's statements that name the schema, or find it by their search_path, fail with 3F000 or 42P01 at once.",
  help: 'Make the new schema beside the old one, with views there on the tables, and rename nothing while an old instance runs.',
  allowedFrom: 'contract',
  bad: [{ before: 'create schema audit;', sql: 'alter schema audit rename to history;' }],
  good: [
    { before: 'create schema audit;', sql: 'alter schema audit rename to history;', phase: 'contract' },
    { sql: 'create schema draft; alter schema draft rename to final;' },
  ],
  check(subject) {
    const object = 'RenameStmt' in subject.node ? movedObject(subject) : undefined;
    return object && KINDS.includes(object.kind)
      ? [{ message: `the old version finds nothing in ${describeObject(object)} any more` }]
      : [];
  },
};
