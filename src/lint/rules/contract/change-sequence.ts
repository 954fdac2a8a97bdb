import { type RelationName, relationName } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import { isOldObject } from '../old-objects.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';
import { findNodes, textOf } from '../trees.ts';

export const changeSequence: Rule = {
  id: 'change-sequence',
  hazards: ['C7'],
  class: 'contract',
  severity: 'error',
  title: 'Sequence changed while old instances draw from it',
  why: 'The old version draws the next value with whatever it is then: a RESTART or setval behind values that are in use makes its INSERTs fail with 23505, a smaller type or limit makes nextval fail with 2200H, and another increment overlaps blocks of values that a client has reserved.',
  help: 'Move a sequence only forward, past the highest value in use, when no old instance writes: in the contract phase. For other numbers, make a new sequence and let the new version draw from that.',
  allowedFrom: 'contract',
  bad: [
    { before: 'create sequence ticket;', sql: 'alter sequence ticket restart with 1000;' },
    { before: 'create sequence ticket;', sql: 'alter sequence ticket increment by 50;' },
    { before: 'create sequence ticket;', sql: "select setval('ticket', 1000);" },
  ],
  good: [
    { before: 'create sequence ticket as integer;', sql: 'alter sequence ticket as bigint;' },
    { before: 'create sequence ticket;', sql: 'alter sequence ticket owned by none;' },
    { sql: "create sequence draft; select setval('draft', 1000);" },
  ],
  check: (subject) => [...checkAltered(subject), ...checkSet(subject)],
};

function checkAltered(subject: Subject): readonly Hit[] {
  const { node } = subject;
  const name = 'AlterSeqStmt' in node ? relationName(node.AlterSeqStmt.sequence) : undefined;
  if (!('AlterSeqStmt' in node) || !name || !isOldObject(subject, { kind: 'OBJECT_SEQUENCE', name })) return [];
  const changes = (node.AlterSeqStmt.options ?? []).flatMap(describeOption);
  if (changes.length === 0) return [];
  return [
    { message: `the old version draws from ${describeRelation(name)} with another ${changes.join(', ')} from here on` },
  ];
}

/** What is not a mere widening. `NO MAXVALUE` has no argument, `NO CYCLE` has a false one. */
function describeOption(option: SqlNode): readonly string[] {
  if (!('DefElem' in option)) return [];
  const { defname = '', arg } = option.DefElem;
  if (defname === 'increment' || defname === 'restart') return [defname];
  if (defname === 'minvalue' || defname === 'maxvalue') return arg ? [defname] : [];
  if (defname === 'cycle') return arg && 'Boolean' in arg && arg.Boolean.boolval ? [defname] : [];
  const type = defname === 'as' && arg && 'TypeName' in arg ? textOf(arg.TypeName.names?.at(-1)) : undefined;
  return type === 'int4' || type === 'int2' ? ['type'] : [];
}

function checkSet(subject: Subject): readonly Hit[] {
  if (!('SelectStmt' in subject.node)) return [];
  const calls = findNodes(subject.node, 'FuncCall').filter(({ funcname }) => textOf(funcname?.at(-1)) === 'setval');
  return calls.flatMap(({ args }) => {
    const name = sequenceOf(args?.[0]);
    if (name && !isOldSequence(subject, name)) return [];
    return [{ message: `the old version draws from ${name ?? 'the sequence'} from another place on` }];
  });
}

/** The name in the text, or the table's in `pg_get_serial_sequence`. */
function sequenceOf(node: SqlNode | undefined): string | undefined {
  return findNodes(node, 'A_Const').map(({ sval }) => sval?.sval)[0];
}

/** Of a new table are its own name and `<table>_<column>_seq`. */
function isOldSequence(subject: Subject, text: string): boolean {
  const [name = '', schema] = text.replaceAll('"', '').split('.').reverse();
  const named = schema === undefined ? { name } : { schema, name };
  if (!isOldObject(subject, { kind: 'OBJECT_SEQUENCE', name: named })) return false;
  return !isOfNewTable(subject, named);
}

function isOfNewTable({ schema }: Subject, { name, ...place }: RelationName): boolean {
  if (schema.findTable({ ...place, name })?.isNew) return true;
  if (!name.endsWith('_seq')) return false;
  const parts = name.slice(0, -'_seq'.length).split('_');
  return parts.some((_, at) => {
    const table = schema.findTable({ ...place, name: parts.slice(0, at).join('_') });
    return table?.isNew === true && table.columns.has(parts.slice(at).join('_'));
  });
}
