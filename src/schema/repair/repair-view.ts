import { quoteName } from '../../sql/index.ts';
import type { SchemaChange } from '../change.ts';
import type { View } from '../schema.ts';
import { type Repair, relationSql, type Unrepairable } from './repair.ts';
import { attach } from './repair-attachment.ts';
import { indexSql } from './repair-constraint.ts';
import { grantAll } from './repair-grant.ts';
import { makesOf, optionSql, rename } from './repair-table.ts';

type ViewChange = Extract<SchemaChange, { readonly kind: 'view' | 'column' }>;

/** Whether the view has to go and come again, because CREATE OR REPLACE VIEW could not give it these columns. */
export function needsNewView(change: SchemaChange): boolean {
  if (change.kind === 'column')
    return change.change === 'removed' || (change.change === 'changed' && change.property !== 'default');
  if (change.kind !== 'view' || change.change !== 'changed') return false;
  if (change.property === 'name' || change.property === 'populated') return false;
  const isMaterialized = change.objects.before?.isMaterialized || change.objects.after?.isMaterialized;
  return change.property === 'kind' || change.property === 'column order' || isMaterialized === true;
}

/** A view that steps aside while something is changed that it stands on, and is then made as it should be. */
export interface RemadeView {
  readonly view: View;
  /** What it is so far. */
  readonly isMaterialized: boolean;
}

export function remakeView(key: string, { view, isMaterialized }: RemadeView): readonly Repair[] {
  return [
    { stage: 'step aside', sql: `drop ${noun({ isMaterialized })} ${relationSql(view)}`, makes: makesOf(view) },
    ...createView(key, view),
  ];
}

/** A change of a view that stays. */
export function repairView(change: ViewChange, view: View): readonly (Repair | Unrepairable)[] {
  const { before, after } = change.objects;
  if (change.kind === 'column') {
    // Columns at the end come with the definition.
    if (change.change !== 'changed' || change.property !== 'default' || !change.objects.after) return [];
    const { name, default: value } = change.objects.after;
    const action = value === null ? 'drop default' : `set default ${value}`;
    return [{ stage: 'attach', sql: `alter view ${relationSql(view)} alter column ${quoteName(name)} ${action}` }];
  }
  if (before && after === null)
    return [{ stage: 'leftover', sql: `drop ${noun(view)} ${relationSql(view)}`, isDestructive: true }];
  if (change.change === 'added') return createView(change.name, view);
  if (change.change === 'changed' && change.property === 'name' && change.objects.before)
    return rename(change.objects.before, view, noun(view));
  if (change.change === 'changed' && change.property === 'populated')
    return view.isPopulated
      ? [{ stage: 'attach', sql: `refresh materialized view ${relationSql(view)}` }]
      : [{ note: 'its rows can stay' }];
  return [{ stage: 'view', sql: viewSql(view), makes: makesOf(view) }];
}

function createView(key: string, view: View): readonly Repair[] {
  return [
    { stage: 'view', sql: viewSql(view), makes: makesOf(view) },
    ...view.columns.flatMap((column) => [
      ...(column.default === null
        ? []
        : [
            {
              stage: 'attach',
              sql: `alter view ${relationSql(view)} alter column ${quoteName(column.name)} set default ${column.default}`,
            } as const,
          ]),
      ...grantAll('column', `${key}.${quoteName(column.name)}`, column.grants),
    ]),
    ...view.indexes.map((index): Repair => ({ stage: 'index', sql: indexSql(index, view) })),
    ...view.triggers.flatMap((trigger) => attach('trigger', trigger, view)),
    ...view.rules.flatMap((rule) => attach('rule', rule, view)),
    ...grantAll('table', key, view.grants),
  ];
}

function viewSql(view: View): string {
  const options = view.options.length === 0 ? '' : ` with (${view.options.map(optionSql).join(', ')})`;
  const definition = view.definition.replace(/;$/, '');
  if (!view.isMaterialized) return `create or replace view ${relationSql(view)}${options} as\n${definition}`;
  return `create materialized view ${relationSql(view)}${options} as\n${definition}\nwith ${view.isPopulated ? '' : 'no '}data`;
}

function noun({ isMaterialized }: Pick<View, 'isMaterialized'>): string {
  return isMaterialized ? 'materialized view' : 'view';
}
