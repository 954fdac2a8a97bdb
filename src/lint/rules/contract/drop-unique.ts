import type { ModelTable } from '../../schema-model/schema-model.ts';
import { withConstraint } from '../file-index.ts';
import { droppedObjects } from '../old-objects.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { commandsOnOldTable, describeRelation, type TableCommand } from '../statement-parts.ts';
import { findNodes, textsOf } from '../trees.ts';

export const dropUnique: Rule = {
  id: 'drop-unique',
  hazards: ['C9'],
  class: 'contract',
  severity: 'error',
  title: 'Uniqueness dropped that old statements may rely on',
  why: "The old version's INSERT … ON CONFLICT on these columns fails with 42P10 at once, and so does a foreign key that is still to be made; what it wrote only once may come twice. Preparing its statements does not show this, only planning them does.",
  help: 'Keep it until no old instance names it, and drop it in the contract phase of a later release. To replace it, build the new unique index first, CONCURRENTLY.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create table orders (id bigint primary key, code text, constraint orders_code_key unique (code));',
      sql: 'alter table orders drop constraint orders_code_key;',
    },
    {
      before:
        'create table orders (id bigint primary key, code text); create unique index orders_code on orders (code);',
      sql: 'drop index concurrently orders_code;',
      isNotx: true,
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, total numeric, constraint positive check (total > 0));',
      sql: 'alter table orders drop constraint positive;',
    },
    {
      before:
        'create table orders (id bigint primary key, code text); create unique index orders_code on orders (code); create unique index orders_code_new on orders (code);',
      sql: 'drop index concurrently orders_code;',
      isNotx: true,
    },
  ],
  check: (subject) => [...checkConstraints(subject), ...checkIndexes(subject)],
};

const UNIQUE = ['primary key', 'unique', 'exclude'];
/** How Postgres and people name what is not unique. */
const NOT_UNIQUE_NAME = /_(check|fkey|fk|ck|not_null)\d*$|^(fk|ck|chk)_/;

function checkConstraints(subject: Subject): readonly Hit[] {
  return commandsOnOldTable(subject)
    .filter(({ command }) => command.subtype === 'AT_DropConstraint')
    .flatMap((item) => {
      const { relation, table, command } = item;
      const name = command.name ?? '';
      const known = table?.constraints.get(name);
      if (known ? !isOldUnique(subject, item) : NOT_UNIQUE_NAME.test(name)) return [];
      if (isAddedAgain(subject, item)) return [];
      const what = known ? `the ${known.kind} ${name}` : `the constraint ${name}, which may be a unique one,`;
      return [
        { message: `the old version's ON CONFLICT on ${describeRelation(relation)} may need ${what} and fails then` },
      ];
    });
}

function isOldUnique({ schema }: Subject, { table, command }: TableCommand): boolean {
  const known = table?.constraints.get(command.name ?? '');
  if (!table || !known || schema.isNew(known.born) || !UNIQUE.includes(known.kind)) return false;
  return !hasTwin(table, known.name, known.columns);
}

/** Another unique index on just these columns, which answers ON CONFLICT as well. */
function hasTwin(table: ModelTable, name: string, columns: readonly string[]): boolean {
  return [...table.indexes.values()].some(
    (index) => index.name !== name && index.isUnique && !index.isPartial && sorted(index.columns) === sorted(columns),
  );
}

/** Made again under its name, on the same columns as far as they are known. */
function isAddedAgain(subject: Subject, { relation, table, command: { name = '' } }: TableCommand): boolean {
  const { file, statement } = subject;
  const statements = file.isTransactional ? withConstraint(subject, { relation, name }, 'from now on') : [statement];
  const nodes = statements.map(({ node }) => node);
  const known = table?.constraints.get(name);
  return findNodes(nodes, 'Constraint').some(({ conname, keys, indexname }) => {
    if (conname !== name) return false;
    const columns = indexname === undefined ? textsOf(keys) : (table?.indexes.get(indexname)?.columns ?? []);
    return !known || sorted(columns) === sorted(known.columns);
  });
}

function sorted(columns: readonly string[]): string {
  return [...columns].sort().join();
}

function checkIndexes(subject: Subject): readonly Hit[] {
  return droppedObjects(subject, ['OBJECT_INDEX']).flatMap(({ name }) => {
    const index = subject.schema.findIndex(name);
    const table = [...subject.schema.tables()].find(({ id }) => id === index?.table);
    if (!index?.isUnique || !table || table.isNew || hasTwin(table, index.name, index.columns)) return [];
    return [
      {
        message: `the old version's ON CONFLICT on ${describeRelation(table)} may need the unique index ${index.name} and fails then`,
      },
    ];
  });
}
