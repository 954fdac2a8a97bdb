import { isStrong } from '../../../sql/index.ts';
import type { Effects } from '../../effects/effects.ts';
import type { Rule, Subject } from '../rule.ts';
import { listNames, oldOnes } from '../statement-parts.ts';

export const severalTablesLocked: Rule = {
  id: 'several-tables-locked',
  hazards: ['L20'],
  class: 'lock',
  severity: 'warning',
  title: 'Several tables locked in one transaction',
  why: 'Each lock is held until the whole file has committed, so waiting for the second table stalls the users of the first, and an application that uses them in the other order deadlocks with the migration (40P01).',
  help: 'Put the statements for each table in a file of their own.',
  bad: [
    {
      before: 'create table orders (id bigint primary key); create table customers (id bigint primary key);',
      sql: 'alter table orders add column note text; alter table customers add column note text;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders add column note text; alter table orders add column state text;',
    },
  ],
  check(subject) {
    const own = strongLocks(subject.effects);
    if (own.length === 0) return [];
    const before = lockedBefore(subject.earlier);
    const added = oldOnes(
      subject,
      own.filter((table) => !before.has(table)),
    );
    const held = oldOnes(
      subject,
      [...before].filter((table) => !own.includes(table)),
    );
    if (added.length === 0 || held.length === 0) return [];
    return [{ message: `${listNames(held)} stays locked while this waits for ${listNames(added)}` }];
  },
};

/** Of a list that only grows: what was added to the same list since the last question is added to the answer. */
const known = new WeakMap<Subject['earlier'], { seen: number; readonly tables: Set<string> }>();

function lockedBefore(earlier: Subject['earlier']): ReadonlySet<string> {
  const found = known.get(earlier) ?? { seen: 0, tables: new Set<string>() };
  known.set(earlier, found);
  for (; found.seen < earlier.length; found.seen += 1) {
    const entry = earlier[found.seen];
    for (const table of entry ? strongLocks(entry.effects) : []) found.tables.add(table);
  }
  return found.tables;
}

function strongLocks({ locks }: Effects): readonly string[] {
  return locks.filter(({ mode }) => isStrong(mode)).map(({ relation }) => relation);
}
