import { laterView } from '../definitions.ts';
import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Rule } from '../rule.ts';

export const dropView: Rule = {
  id: 'drop-view',
  hazards: ['C2'],
  class: 'contract',
  severity: 'error',
  title: 'View dropped while old instances may read it',
  why: "The old version's statements on the view fail with 42P01. The rights that were granted on it are gone too, also when a later file makes it again.",
  help: 'Stop reading the view in one release, and drop it in the contract phase of a later one. To change its query, use CREATE OR REPLACE VIEW, which keeps the rights.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create table orders (id bigint primary key); create view open_orders as select id from orders;',
      sql: 'drop view open_orders;',
    },
    {
      before: 'create table orders (id bigint primary key); create materialized view counts as select id from orders;',
      sql: 'drop materialized view counts;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key); create view open_orders as select id from orders;',
      sql: 'drop view open_orders;',
      phase: 'contract',
    },
    {
      before: 'create table orders (id bigint primary key); create view open_orders as select id from orders;',
      sql: 'drop view if exists open_orders; create view open_orders as select id from orders where id > 0;',
    },
  ],
  check: (subject) =>
    droppedObjects(subject, ['OBJECT_VIEW', 'OBJECT_MATVIEW'])
      .filter(({ name }) => !laterView(subject, name))
      .map((object) => ({ message: `the old version's statements on ${describeObject(object)} fail from here on` })),
};
