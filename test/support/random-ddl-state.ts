import type { ModelTable, SchemaModel } from '../../src/lint/schema-model/schema-model.ts';
import type { Chooser } from './seeded-random.ts';

/** What a random statement is chosen for. */
export interface DdlState {
  readonly choose: Chooser;
  readonly schema: SchemaModel;
  /** Number of the statement; makes new names. */
  readonly count: number;
}

export function tablesOf({ schema }: DdlState): readonly ModelTable[] {
  return [...schema.tables()].filter(
    ({ kind, columns }) => (kind === 'table' || kind === 'partitioned') && columns.size > 0,
  );
}

/** As a statement names it. */
export function quoted({ schema, name }: ModelTable): string {
  return schema === 'public' ? quotedName(name) : `${schema}.${quotedName(name)}`;
}

export function quotedName(name: string): string {
  return /^[a-z_0-9]+$/.test(name) ? name : `"${name}"`;
}

/** Mostly plain ones, which most forms are for. */
export function pickTable(state: DdlState): ModelTable {
  const all = tablesOf(state);
  const plain = all.filter(({ name }) => name.startsWith('plain_'));
  return state.choose.pick(plain.length > 0 && state.choose.isLucky(0.75) ? plain : all);
}
