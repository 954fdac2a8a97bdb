import { relationName } from '../../../sql/index.ts';
import { addedConstraints, leftBehind } from '../old-columns.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { commandsOnOldTable, describeRelation } from '../statement-parts.ts';

export const addForeignKey: Rule = {
  id: 'add-foreign-key',
  hazards: ['C6'],
  class: 'contract',
  severity: 'error',
  title: 'Foreign key added that old writers may violate',
  why: "The old version's INSERTs without a parent fail with 23503 from here on, and so do its DELETEs of parents that still have children. NOT VALID skips the rows that are there, but it binds every new write all the same.",
  help: 'Go in this order: let the new version keep both tables in step, correct the old rows in batches, add the key NOT VALID in the postdeploy phase, and validate it in the next file.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before:
        'create table orders (id bigint primary key); create table lines (id bigint primary key, order_id bigint);',
      sql: 'alter table lines add constraint lines_order foreign key (order_id) references orders (id) not valid;',
    },
    {
      before:
        'create table orders (id bigint primary key); create table lines (id bigint primary key, order_id bigint, constraint lines_order foreign key (order_id) references orders not enforced);',
      sql: 'alter table lines alter constraint lines_order enforced;',
      since: 18,
    },
  ],
  good: [
    {
      before:
        'create table orders (id bigint primary key); create table lines (id bigint primary key, order_id bigint);',
      sql: 'alter table lines add constraint lines_order foreign key (order_id) references orders (id) not enforced;',
      since: 18,
    },
    {
      before:
        'create table orders (id bigint primary key); create table lines (id bigint primary key, order_id bigint);',
      sql: 'alter table lines add constraint lines_order foreign key (order_id) references orders (id) not valid;',
      phase: 'postdeploy',
    },
  ],
  check: (subject) => [...checkAdded(subject), ...checkEnforced(subject)],
};

function checkAdded(subject: Subject): readonly Hit[] {
  return (
    addedConstraints(subject, ['CONSTR_FOREIGN'])
      .filter(({ constraint }) => constraint.is_enforced === true)
      // What old writers leave null refers to nothing.
      .filter(({ relation, columns }) => columns.every((name) => leftBehind(subject, relation, name) !== 'null'))
      .map(({ relation, columns, constraint }) => {
        const parent = relationName(constraint.pktable);
        const target = parent ? describeRelation(parent) : 'its parent';
        const spares = constraint.skip_validation ? ' (NOT VALID spares only the rows that are there)' : '';
        return {
          message: `the old version's writes of ${describeRelation(relation)} (${columns.join(', ')}) without a row in ${target} fail from here on${spares}`,
        };
      })
  );
}

/** Since Postgres 18 a foreign key may stand there without being enforced. */
function checkEnforced(subject: Subject): readonly Hit[] {
  return commandsOnOldTable(subject).flatMap(({ relation, command: { def } }) => {
    const change = def && 'ATAlterConstraint' in def ? def.ATAlterConstraint : undefined;
    if (!change?.alterEnforceability || !change.is_enforced) return [];
    return [
      {
        message: `the old version's writes of ${describeRelation(relation)} that violate ${change.conname} fail from here on`,
      },
    ];
  });
}
