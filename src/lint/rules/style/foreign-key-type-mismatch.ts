import type { RelationName } from '../../../sql/index.ts';
import { newColumns } from '../new-columns.ts';
import { newForeignKeys } from '../new-foreign-keys.ts';
import type { Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const foreignKeyTypeMismatch: Rule = {
  id: 'foreign-key-type-mismatch',
  hazards: ['S10'],
  class: 'style',
  severity: 'error',
  title: 'Foreign key of another type than the key',
  why: 'An integer that points at a bigint works until the key passes 2,147,483,647; from then on every INSERT of a child fails with 22003. A numeric that points at an integer makes the parent check without its index.',
  help: 'Give the column the type of the key that it points at.',
  bad: [
    {
      sql: 'create table orders (id bigint primary key); create table lines (id bigint primary key, order_id integer references orders (id)); create index lines_order on lines (order_id);',
    },
  ],
  good: [
    {
      sql: 'create table orders (id bigint primary key); create table lines (id bigint primary key, order_id bigint references orders (id)); create index lines_order on lines (order_id);',
    },
  ],
  check: (subject) =>
    newForeignKeys(subject).flatMap(({ relation, columns, parent, parentColumns }) => {
      const keys = parentColumns.length > 0 ? parentColumns : primaryKey(subject, parent);
      return columns.flatMap((column, position) => {
        const own = typeOf(subject, relation, column);
        const key = typeOf(subject, parent, keys[position]);
        if (own === undefined || key === undefined || fits(own, key)) return [];
        return [
          {
            message: `${describeRelation(relation)}.${column} is ${own}, and the key ${describeRelation(parent)}.${keys[position]} is ${key}`,
          },
        ];
      });
    }),
};

function primaryKey({ schema }: Subject, parent: RelationName): readonly string[] {
  const constraints = [...(schema.findTable(parent)?.constraints.values() ?? [])];
  return constraints.find(({ kind }) => kind === 'primary key')?.columns ?? [];
}

function typeOf(subject: Subject, relation: RelationName, name: string | undefined): string | undefined {
  const known = subject.schema.findTable(relation)?.columns.get(name ?? '')?.type;
  return (
    known ??
    newColumns(subject).find((made) => made.relation.name === relation.name && made.column.colname === name)?.type
  );
}

const WIDTHS: Readonly<Record<string, number>> = { smallint: 2, integer: 4, bigint: 8 };

/** Only numbers of different kinds pass Postgres' own check and do harm. */
function fits(own: string, key: string): boolean {
  const [width, keyWidth] = [WIDTHS[own], WIDTHS[key]];
  if (width !== undefined && keyWidth !== undefined) return width >= keyWidth;
  const isNumeric = (type: string) => /^(numeric|real|double precision)/.test(type);
  return !((isNumeric(own) && keyWidth !== undefined) || (isNumeric(key) && width !== undefined));
}
