import { relationName } from '../../../sql/index.ts';
import { isOldObject } from '../old-objects.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const alterComposite: Rule = {
  id: 'alter-composite',
  hazards: ['C14'],
  class: 'contract',
  severity: 'error',
  title: 'Composite type changed while old instances build and read it',
  why: 'The old version builds values of the type with as many fields as it knows: a row of another length fails with 42846, and one that is read by position is misread. A field that is gone fails with 42703.',
  help: 'Make a new type with the new fields, use it in new columns and functions, and drop the old one in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    { before: 'create type place as (x integer, y integer);', sql: 'alter type place drop attribute y;' },
    { before: 'create type place as (x integer, y integer);', sql: 'alter type place add attribute z integer;' },
    { before: 'create type place as (x integer, y integer);', sql: 'alter type place rename attribute y to z;' },
  ],
  good: [
    { sql: 'create type place as (x integer, y integer); alter type place add attribute z integer;' },
    {
      before: 'create type place as (x integer, y integer);',
      sql: 'alter type place alter attribute y type bigint;',
      phase: 'contract',
    },
  ],
  check(subject) {
    const { node } = subject;
    if ('RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_ATTRIBUTE') {
      return judge(subject, node.RenameStmt.relation, `renames ${node.RenameStmt.subname} of`);
    }
    if (!('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TYPE') return [];
    const { cmds = [], relation } = node.AlterTableStmt;
    return cmds.flatMap((item) => {
      const verb = 'AlterTableCmd' in item ? VERBS[item.AlterTableCmd.subtype ?? ''] : undefined;
      return verb === undefined ? [] : judge(subject, relation, verb);
    });
  },
};

const VERBS: Readonly<Record<string, string>> = {
  AT_AddColumn: 'adds a field to',
  AT_DropColumn: 'takes a field from',
  AT_AlterColumnType: 'changes the type of a field of',
};

function judge(subject: Subject, range: Parameters<typeof relationName>[0], verb: string): readonly Hit[] {
  const name = relationName(range);
  if (!name || !isOldObject(subject, { kind: 'OBJECT_TYPE', name })) return [];
  return [
    { message: `the statement ${verb} ${describeRelation(name)}, which the old version builds and reads as it was` },
  ];
}
