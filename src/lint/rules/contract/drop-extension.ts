import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

export const dropExtension: Rule = {
  id: 'drop-extension',
  hazards: ['C2'],
  class: 'contract',
  severity: 'error',
  title: 'Extension dropped while old instances may use it',
  why: "Everything that the extension brought goes with it: the old version's calls of its functions fail with 42883, its types with 42704, and indexes of its operator classes are lost.",
  help: 'Stop using the extension in one release, and drop it in the contract phase of a later one.',
  allowedFrom: 'contract',
  bad: [{ before: 'create extension citext;', sql: 'drop extension citext;' }],
  good: [
    {
      before: 'create extension citext; create table people (id bigint primary key, email citext);',
      sql: 'alter table people add column plain_email text;',
    },
  ],
  check: (subject) =>
    droppedObjects(subject, ['OBJECT_EXTENSION']).map((object) => ({
      message: `the old version can use nothing of ${describeObject(object)} any more`,
    })),
};
