import type { ModelConstraint } from '../../schema-model/schema-model.ts';
import { bindsOldWriters, isOnlyNotNull, isWidened } from '../check-constraint.ts';
import { withConstraint } from '../file-index.ts';
import { type AddedConstraint, addedConstraints } from '../old-columns.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';
import { columnsIn, findNodes } from '../trees.ts';

export const addCheck: Rule = {
  id: 'add-check',
  hazards: ['C6'],
  class: 'contract',
  severity: 'error',
  title: 'Check added that old writers may violate',
  why: 'What the old version writes against the check fails with 23514 from here on. NOT VALID skips the rows that are there (0.3 ms instead of 7 ms on 100,000 rows), but it binds every new write all the same.',
  help: 'Go in this order: let the new version write what the check demands, correct the old rows in batches, add the check NOT VALID in the postdeploy phase, and validate it in the next file.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: 'create table orders (id bigint primary key, total numeric);',
      sql: 'alter table orders add constraint total_positive check (total > 0) not valid;',
    },
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'alter table orders add constraint note_there check (note is not null) not valid;',
    },
    {
      before: "create table orders (id bigint primary key, kind text, constraint kinds check (kind in ('a', 'b')));",
      sql: "alter table orders drop constraint kinds, add constraint kinds check (kind in ('b', 'c')) not valid;",
    },
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders add column a text, add column b text, add constraint one_of check (num_nonnulls(a, b) = 1) not valid;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, total numeric);',
      sql: 'alter table orders add constraint total_positive check (total > 0) not valid;',
      phase: 'postdeploy',
    },
    {
      before: "create table orders (id bigint primary key, kind text, constraint kinds check (kind in ('a', 'b')));",
      sql: "alter table orders drop constraint kinds, add constraint kinds check (kind in ('a', 'b', 'c')) not valid;",
    },
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders add column rating integer, add constraint rating_range check (rating between 1 and 5) not valid;',
    },
  ],
  check: (subject) =>
    addedConstraints(subject, ['CONSTR_CHECK'])
      .filter((added) => bindsOldWriters(subject, added))
      .flatMap((added) => judge(subject, added)),
};

function judge(subject: Subject, added: AddedConstraint): readonly Hit[] {
  const { relation, table, constraint } = added;
  const { conname: name, raw_expr: made, skip_validation: isNotValid } = constraint;
  const described = describeRelation(relation);
  const spares = isNotValid ? ' (NOT VALID spares only the rows that are there)' : '';
  const old = name === undefined ? undefined : (table?.constraints.get(name) ?? droppedNow(subject, added, name));
  if (old) {
    const before = old === 'unknown' ? undefined : old.expression;
    if (before && made && isWidened(before, made)) return [];
    return [
      {
        message: `the check ${name} of ${described} is made again, and what the old version writes must pass the new one${spares}`,
        help: 'Let the new check pass all that the old one passed, and narrow it in the postdeploy phase.',
      },
    ];
  }
  const what = isOnlyNotNull(made)
    ? `leave ${described}.${columnsIn(made).join(', ')} null`
    : `violate the check ${name === undefined ? 'on' : `${name} of`} ${described}`;
  return [{ message: `the old version's writes that ${what} fail from here on${spares}` }];
}

/** The constraint that the release has dropped to make it again. */
function droppedNow(
  subject: Subject,
  { relation, table }: AddedConstraint,
  name: string,
): ModelConstraint | 'unknown' | undefined {
  const known = table?.droppedConstraints.get(name);
  if (known) return subject.schema.isNew(known.born) ? known : undefined;
  const isDropped = withConstraint(subject, { relation, name }, 'until now')
    .flatMap(({ node }) => findNodes(node, 'AlterTableCmd'))
    .some((command) => command.subtype === 'AT_DropConstraint' && command.name === name);
  return isDropped ? 'unknown' : undefined;
}
