import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

export const dropSequence: Rule = {
  id: 'drop-sequence',
  hazards: ['C2'],
  class: 'contract',
  severity: 'error',
  title: 'Sequence dropped while old instances may draw from it',
  why: "The old version's nextval fails with 42P01, and so does every INSERT whose default draws from the sequence.",
  help: 'Let the new version draw from a new sequence, and drop the old one in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [{ before: 'create sequence ticket;', sql: 'drop sequence ticket;' }],
  good: [
    { before: 'create sequence ticket;', sql: 'drop sequence ticket;', phase: 'contract' },
    { sql: 'create sequence draft; drop sequence draft;' },
  ],
  check: (subject) =>
    droppedObjects(subject, ['OBJECT_SEQUENCE']).map((object) => ({
      message: `the old version cannot draw from ${describeObject(object)} any more`,
    })),
};
