import type { SchemaChange } from './change.ts';
import { planRepair, viewsToRemake } from './plan-repairs.ts';
import { orderRepairs } from './repair/order-repairs.ts';
import { isRepair, type Repair, type Unrepairable } from './repair/repair.ts';
import { remakeView } from './repair/repair-view.ts';

interface Explained extends Repair {
  readonly why: readonly string[];
}

/**
 * SQL that brings a database that looks like `before` to what `after` looks like, in an order in which it can run: a comment with the reason,
 * then the statement. What would drop something that is only in `before` is written as a comment; what no statement can do is said. Statements
 * with CONCURRENTLY run outside of a transaction only. A statement fails, and nothing is lost, where something that is only in `before` stands in
 * its way. Empty when there is nothing to repair.
 */
export function renderRepairs(changes: readonly SchemaChange[]): string {
  const remade = viewsToRemake(changes);
  const statements = new Map<string, Explained>();
  const notes: string[] = [];
  const add = (repairs: readonly (Repair | Unrepairable)[], why: string) => {
    for (const repair of repairs) {
      if (!isRepair(repair)) notes.push(comment(`${why}: ${repair.note}`));
      else {
        const known = statements.get(repair.sql)?.why ?? [];
        statements.set(repair.sql, { ...repair, why: known.includes(why) ? known : [...known, why] });
      }
    }
  };
  for (const change of changes) add(planRepair(change, remade), describeWhy(change));
  for (const [name, view] of remade) add(remakeView(name, view), `view ${name} has to step aside for a change`);
  const blocks = orderRepairs([...statements.values()]).map(renderStatement);
  if (blocks.length === 0 && notes.length === 0) return '';
  // Bodies may name what is made later.
  const head = blocks.some((block) => /create or replace/i.test(block)) ? ['set check_function_bodies = off;'] : [];
  return `${[...head, ...blocks, ...notes].join('\n\n')}\n`;
}

function renderStatement({ sql, why, isDestructive }: Explained): string {
  const reasons = why.map(comment).join('\n');
  if (!isDestructive) return `${reasons}\n${sql};`;
  return `${reasons}\n-- It is only in this database. Remove it when nothing needs it:\n${comment(`${sql};`)}`;
}

function describeWhy(change: SchemaChange): string {
  const what = `${change.kind} ${change.name}`;
  switch (change.change) {
    case 'added':
      return `${what} is missing`;
    case 'removed':
      return `${what} is not expected`;
    case 'changed':
      return isShort(change.before) && isShort(change.after)
        ? `${what}: ${change.property} is ${change.before}, expected ${change.after}`
        : `${what}: ${change.property} is another one`;
  }
}

function isShort(text: string): boolean {
  return text.length <= 60 && !text.includes('\n');
}

/** Both line ends would end a comment, and a name can hold either. */
function comment(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => `-- ${line}`)
    .join('\n');
}
