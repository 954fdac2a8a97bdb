import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

export const dropType: Rule = {
  id: 'drop-type',
  hazards: ['C2'],
  class: 'contract',
  severity: 'error',
  title: 'Type dropped while old instances may name it',
  why: "The old version's casts and declared parameters of the type fail with 42704, and drivers that have loaded its number read columns wrongly.",
  help: 'Stop naming the type in one release, and drop it in the contract phase of a later one.',
  allowedFrom: 'contract',
  bad: [
    { before: "create type mood as enum ('sad', 'glad');", sql: 'drop type mood;' },
    { before: 'create domain amount as numeric;', sql: 'drop domain if exists amount;' },
  ],
  good: [
    { before: "create type mood as enum ('sad', 'glad');", sql: 'drop type mood;', phase: 'contract' },
    { sql: "create type draft as enum ('a'); drop type draft;" },
  ],
  check: (subject) =>
    droppedObjects(subject, ['OBJECT_TYPE', 'OBJECT_DOMAIN']).map((object) => ({
      message: `the old version's statements that name ${describeObject(object)} fail from here on`,
    })),
};
