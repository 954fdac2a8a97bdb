import { quoteName } from '../../sql/index.ts';
import type { Owner } from '../change.ts';
import type { Table, View } from '../schema.ts';

/** When a statement may run: what it needs is made before it, what stands in its way is gone. */
export const STAGES = [
  'rename',
  'step aside',
  'prepare',
  'drop',
  'create',
  'alter',
  'partition',
  'key',
  'view',
  'foreign key',
  'index',
  'attach',
  'grant',
  'leftover',
] as const;

export type Stage = (typeof STAGES)[number];

export interface Repair {
  readonly stage: Stage;
  /** Without the semicolon. */
  readonly sql: string;
  /** Drops something that is nowhere else: it is written as a comment. */
  readonly isDestructive?: boolean;
  /** What it makes or alters, as a definition would name it: those that mention it come later. */
  readonly makes?: string;
}

/** What no statement can do without making the object anew. */
export interface Unrepairable {
  readonly note: string;
}

export function isRepair(repair: Repair | Unrepairable): repair is Repair {
  return 'sql' in repair;
}

export function relationSql({ schema, name }: Pick<Table | View, 'schema' | 'name'>): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

export function isView(owner: Owner | null): owner is View {
  return owner !== null && 'isMaterialized' in owner;
}

export function roleSql(role: string): string {
  return role === 'PUBLIC' ? 'public' : quoteName(role);
}
