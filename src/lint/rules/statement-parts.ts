import { type RelationName, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { Effects } from '../effects/effects.ts';
import type { Layout } from '../lint-file.ts';
import type { ModelTable } from '../schema-model/schema-model.ts';
import type { Subject } from './rule.ts';

export type AlterTableCommand = Extract<SqlNode, { AlterTableCmd: unknown }>['AlterTableCmd'];

/** One command of an `ALTER TABLE`, with the table that it is about. */
export interface TableCommand {
  readonly relation: RelationName;
  /** `undefined`: not made by any file that was read, so it was there before. */
  readonly table: ModelTable | undefined;
  readonly command: AlterTableCommand;
}

/** The commands of an `ALTER TABLE` on a table that was there before; none for other statements and for new tables. */
export function commandsOnOldTable({ node, schema }: Subject): readonly TableCommand[] {
  if (!('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TABLE') return [];
  const relation = relationName(node.AlterTableStmt.relation);
  const table = relation ? schema.findTable(relation) : undefined;
  if (!relation || table?.isNew) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((item) =>
    'AlterTableCmd' in item ? [{ relation, table, command: item.AlterTableCmd }] : [],
  );
}

/** Whether somebody may use the relation already. One that no file has made was there before. */
export function isOld({ schema }: Subject, relation: RelationName | undefined): boolean {
  return relation !== undefined && schema.findTable(relation)?.isNew !== true;
}

/** As a person writes it: `orders`, `audit.entries`. */
export function describeRelation({ schema, name }: RelationName): string {
  return schema === undefined || schema === 'public' ? name : `${schema}.${name}`;
}

/** What one command of an `ALTER TABLE` would do by itself. */
export function effectsOfCommand({ node, predict }: Subject, command: AlterTableCommand): Effects {
  if (!('AlterTableStmt' in node)) throw new Error('The statement is no ALTER TABLE');
  return predict({ AlterTableStmt: { ...node.AlterTableStmt, cmds: [{ AlterTableCmd: command }] } });
}

/** Of relations by id, those that somebody may use already; as a person writes them. */
export function oldOnes({ schema }: Subject, ids: readonly string[]): readonly string[] {
  return ids
    .map(splitId)
    .filter((name) => schema.findTable(name)?.isNew !== true)
    .map(describeRelation);
}

function splitId(id: string): { readonly schema: string; readonly name: string } {
  const dot = id.indexOf('.');
  return { schema: id.slice(0, dot), name: id.slice(dot + 1) };
}

/** `a`, `a and b`, `a, b and c`. */
export function listNames(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Layouts whose tool reads `-- onward:transaction none`; the others have a spelling of their own. */
export function canTag(layout: Layout): boolean {
  return layout === 'onward' || layout === 'flat' || layout === 'plain';
}
