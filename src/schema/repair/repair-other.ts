import { quoteLiteral, quoteName } from '../../sql/index.ts';
import type { SchemaChange } from '../change.ts';
import { parseParts, quoteQualified } from '../qualified-name.ts';
import type { Routine, Sequence } from '../schema.ts';
import { type Repair, relationSql, type Unrepairable } from './repair.ts';
import { grantAll, grantAllButDefault, routineSql } from './repair-grant.ts';
import { makesOf, rename } from './repair-table.ts';

type ChangeOf<Kind extends SchemaChange['kind']> = Extract<SchemaChange, { readonly kind: Kind }>;

export function repairExtension(change: ChangeOf<'extension'>): readonly Repair[] {
  const { before, after } = change.objects;
  if (after === null)
    return [{ stage: 'leftover', sql: `drop extension ${quoteName(before?.name ?? '')}`, isDestructive: true }];
  const name = quoteName(after.name);
  const version = `version ${quoteLiteral(after.version)}`;
  if (before === null)
    return [{ stage: 'prepare', sql: `create extension ${name} with schema ${quoteName(after.schema)} ${version}` }];
  const isMoved = change.change === 'changed' && change.property === 'schema';
  return [
    {
      stage: 'prepare',
      sql: isMoved
        ? `alter extension ${name} set schema ${quoteName(after.schema)}`
        : `alter extension ${name} update to ${quoteLiteral(after.version)}`,
    },
  ];
}

export function repairNamespace(change: ChangeOf<'schema'>): readonly Repair[] {
  const { before, after } = change.objects;
  if (after === null)
    return [{ stage: 'leftover', sql: `drop schema ${quoteName(before?.name ?? '')}`, isDestructive: true }];
  if (before)
    return [{ stage: 'rename', sql: `alter schema ${quoteName(before.name)} rename to ${quoteName(after.name)}` }];
  return [
    { stage: 'prepare', sql: `create schema ${quoteName(after.name)}` },
    ...grantAll('schema', after.name, after.grants),
  ];
}

export function repairSequence(change: ChangeOf<'sequence'>): readonly Repair[] {
  const { before, after } = change.objects;
  if (before && after === null)
    return [{ stage: 'leftover', sql: `drop sequence ${relationSql(before)}`, isDestructive: true }];
  if (after === null) return [];
  if (before === null)
    return [
      {
        stage: 'create',
        sql: `create ${after.isUnlogged ? 'unlogged ' : ''}sequence ${relationSql(after)} ${sequenceOptions(after)}`,
        makes: makesOf(after),
      },
      ...(after.ownedBy ? [ownedBy(after)] : []),
      ...grantAll('sequence', change.name, after.grants),
    ];
  if (change.change === 'changed' && change.property === 'name') return rename(before, after, 'sequence');
  if (change.change === 'changed' && change.property === 'owned by') return [ownedBy(after)];
  if (change.change === 'changed' && change.property === 'unlogged')
    return [
      { stage: 'alter', sql: `alter sequence ${relationSql(after)} set ${after.isUnlogged ? 'unlogged' : 'logged'}` },
    ];
  return [{ stage: 'alter', sql: `alter sequence ${relationSql(after)} ${sequenceOptions(after)}` }];
}

function sequenceOptions(sequence: Sequence): string {
  const { type, increment, minimum, maximum, start, cache, isCycled } = sequence;
  return `as ${type} increment ${increment} minvalue ${minimum} maxvalue ${maximum} start ${start} cache ${cache} ${isCycled ? '' : 'no '}cycle`;
}

function ownedBy(sequence: Sequence): Repair {
  const [schema = '', name = ''] = parseParts(sequence.ownedBy?.table ?? '');
  const owner = sequence.ownedBy ? `${quoteQualified({ schema, name })}.${quoteName(sequence.ownedBy.column)}` : 'none';
  return { stage: 'alter', sql: `alter sequence ${relationSql(sequence)} owned by ${owner}` };
}

export function repairRoutine(change: ChangeOf<'routine'>): readonly (Repair | Unrepairable)[] {
  const { before, after } = change.objects;
  const drop = `drop routine ${routineSql(change.name)}`;
  if (after === null) return [{ stage: 'leftover', sql: drop, isDestructive: true }];
  const create: Repair = { stage: 'create', sql: routineDefinition(after), makes: makesOf(after) };
  const grants = grantAllButDefault('routine', change.name, after.grants);
  if (before === null) return [create, ...grants];
  if (change.change !== 'changed') return [];
  if (change.property === 'name') return renameRoutine(before, after, change.before);
  // CREATE OR REPLACE can change neither of these.
  const isNew = ['kind', 'arguments', 'result'].includes(change.property);
  return isNew ? [{ stage: 'prepare', sql: drop }, create, ...grants] : [create];
}

function renameRoutine(before: Routine, after: Routine, key: string): readonly Repair[] {
  const moved = quoteQualified({ schema: after.schema, name: before.name });
  return [
    ...(before.schema === after.schema
      ? []
      : [{ stage: 'rename', sql: `alter routine ${routineSql(key)} set schema ${quoteName(after.schema)}` } as const]),
    ...(before.name === after.name
      ? []
      : [
          {
            stage: 'rename',
            sql: `alter routine ${moved}(${before.inputTypes}) rename to ${quoteName(after.name)}`,
          } as const,
        ]),
  ];
}

function routineDefinition(routine: Routine): string {
  if (routine.definition !== null) return routine.definition.trimEnd();
  const parameters = routine.body.split('\n').map((line) => `\n  ${line}`);
  return `create or replace aggregate ${relationSql(routine)}(${routine.arguments || '*'}) (${parameters.join(',')}\n)`;
}

export function repairStatistics(change: ChangeOf<'statistics'>): readonly Repair[] {
  const { before, after } = change.objects;
  const drop = before ? `drop statistics ${relationSql(before)}` : '';
  if (after === null) return [{ stage: 'leftover', sql: drop, isDestructive: true }];
  return [...(before ? [{ stage: 'drop', sql: drop } as const] : []), { stage: 'index', sql: after.definition }];
}
