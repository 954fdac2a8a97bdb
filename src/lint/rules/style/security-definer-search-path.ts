import { relationFromParts } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import { laterOn } from '../file-index.ts';
import { isSameName } from '../old-objects.ts';
import type { Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const securityDefinerSearchPath: Rule = {
  id: 'security-definer-search-path',
  hazards: ['S17'],
  class: 'style',
  severity: 'error',
  title: "Function with its owner's rights that looks names up where the caller says",
  why: "SECURITY DEFINER runs with the rights of the function's owner. Without a search_path of its own, a caller puts a schema of his first, and the function calls his table, function or operator with those rights.",
  help: "Add SET search_path = pg_catalog, pg_temp (or '') to the function, and name everything with its schema.",
  bad: [
    {
      sql: "create function secrets() returns bigint language sql security definer as 'select count(*) from pg_authid';",
    },
    {
      before: "create function secrets() returns bigint language sql as 'select count(*) from pg_authid';",
      sql: 'alter function secrets() security definer;',
    },
  ],
  good: [
    {
      sql: "create function secrets() returns bigint language sql security definer set search_path = '' as 'select pg_catalog.count(*) from pg_catalog.pg_authid';",
    },
    { sql: "create function one() returns bigint language sql as 'select 1::bigint';" },
  ],
  check(subject) {
    const made = definition(subject.node);
    if (!made?.name || made.isBound || !isDefiner(made.options) || setsPath(made.options)) return [];
    if (isSetLater(subject, made.name)) return [];
    return [
      {
        message: `callers of ${describeRelation(made.name)} decide which objects it finds, and it uses its owner's rights on them`,
      },
    ];
  },
};

function definition(node: SqlNode) {
  if ('CreateFunctionStmt' in node) {
    const { funcname, options = [], sql_body: body } = node.CreateFunctionStmt;
    // Names in BEGIN ATOMIC are looked up when the function is made.
    return { name: relationFromParts(funcname), options, isBound: body !== undefined };
  }
  if (!('AlterFunctionStmt' in node)) return undefined;
  const { func, actions = [] } = node.AlterFunctionStmt;
  return { name: relationFromParts(func?.objname), options: actions, isBound: false };
}

function isDefiner(options: readonly SqlNode[]): boolean {
  return options.some((option) => {
    if (!('DefElem' in option) || option.DefElem.defname !== 'security') return false;
    const { arg } = option.DefElem;
    return arg !== undefined && 'Boolean' in arg && arg.Boolean.boolval === true;
  });
}

function setsPath(options: readonly SqlNode[]): boolean {
  return options.some((option) => {
    const arg = 'DefElem' in option && option.DefElem.defname === 'set' ? option.DefElem.arg : undefined;
    return arg !== undefined && 'VariableSetStmt' in arg && arg.VariableSetStmt.name === 'search_path';
  });
}

function isSetLater(subject: Subject, name: NonNullable<ReturnType<typeof relationFromParts>>): boolean {
  return laterOn(subject, name.name).some(({ node }) => {
    const later = 'AlterFunctionStmt' in node ? definition(node) : undefined;
    return later !== undefined && isSameName(later.name, name) && setsPath(later.options);
  });
}
