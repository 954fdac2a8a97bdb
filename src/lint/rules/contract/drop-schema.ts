import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Hit, Rule, Subject } from '../rule.ts';

export const dropSchema: Rule = {
  id: 'drop-schema',
  hazards: ['C2'],
  class: 'contract',
  severity: 'error',
  title: 'Schema or database dropped while old instances may use what is in it',
  why: "The old version's statements that name the schema, or find it by their search_path, fail with 3F000 or 42P01.",
  help: 'Stop using what is in the schema in one release, and drop it, emptied, in the contract phase of a later one.',
  allowedFrom: 'contract',
  bad: [{ before: 'create schema audit;', sql: 'drop schema audit;' }],
  good: [
    { before: 'create schema audit;', sql: 'drop schema audit;', phase: 'contract' },
    { sql: 'create schema draft; drop schema draft;' },
  ],
  check: (subject) => [...checkDatabase(subject), ...checkSchemas(subject)],
};

function checkDatabase({ node }: Subject): readonly Hit[] {
  return 'DropdbStmt' in node
    ? [{ message: `the old version cannot connect to ${node.DropdbStmt.dbname} any more` }]
    : [];
}

function checkSchemas(subject: Subject): readonly Hit[] {
  return droppedObjects(subject, ['OBJECT_SCHEMA']).map((object) => ({
    message: `the old version finds nothing in ${describeObject(object)} any more`,
  }));
}
