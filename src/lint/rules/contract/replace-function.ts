import { relationFromParts } from '../../../sql/index.ts';
import {
  type FunctionNode,
  hasSameArguments,
  hasSameShape,
  inputParameters,
  laterFunctions,
  returnsTrigger,
} from '../definitions.ts';
import { droppedObjects } from '../old-objects.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const replaceFunction: Rule = {
  id: 'replace-function',
  hazards: ['C10'],
  class: 'contract',
  severity: 'error',
  title: 'Function changed in what callers give or get',
  why: "The old version's calls fail: with 42725 when two functions answer them equally well, with 42883 when a parameter has another name and is given by name; another result type reaches drivers that expect the old one.",
  help: 'Give the new function a new name, and drop the old one in the contract phase of a later release. Only the body may change under the old name, with CREATE OR REPLACE.',
  allowedFrom: 'contract',
  bad: [
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: "create function tax(amount numeric, rate numeric default 0.2) returns numeric language sql as 'select amount * rate';",
    },
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: "drop function tax(numeric); create function tax(amount numeric) returns text language sql as 'select (amount * 0.2)::text';",
    },
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: "drop function tax(numeric); create function tax(net numeric) returns numeric language sql as 'select net * 0.2';",
    },
  ],
  good: [
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: "create or replace function tax(amount numeric) returns numeric language sql as 'select amount * 0.25';",
    },
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: "create function tax_at(amount numeric, rate numeric default 0.2) returns numeric language sql as 'select amount * rate';",
    },
  ],
  check(subject) {
    return [...checkDropped(subject), ...checkAdded(subject)];
  },
};

function checkDropped(subject: Subject): readonly Hit[] {
  return droppedObjects(subject, ['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE']).flatMap(({ name }) => {
    const [made] = laterFunctions(subject, name);
    if (!made || returnsTrigger(made)) return [];
    const node = subject.schema.findObject('function', name)?.node;
    const old = node && 'CreateFunctionStmt' in node ? node.CreateFunctionStmt : undefined;
    if (old && (hasSameShape(old, made) || !hasSameArguments(inputParameters(old), inputParameters(made)))) return [];
    const message = old
      ? `the function ${describeRelation(name)} is made again with another result, parameter name or default, and calls of the old version break`
      : `the function ${describeRelation(name)} is made again, and whether the old version's calls still fit could not be told`;
    return [{ message }];
  });
}

/** A function beside an old one whose calls would fit both, because what it has more has defaults. */
function checkAdded({ node, schema }: Subject): readonly Hit[] {
  const made = 'CreateFunctionStmt' in node ? node.CreateFunctionStmt : undefined;
  const name = relationFromParts(made?.funcname);
  if (!made || !name) return [];
  const known = schema.findObject('function', name);
  const old = known && !known.isNew && 'CreateFunctionStmt' in known.node ? known.node.CreateFunctionStmt : undefined;
  if (!old || !isAmbiguousBeside(old, made)) return [];
  return [
    {
      message: `the old version's calls of ${describeRelation(name)} fit both functions from here on, and fail with 42725`,
    },
  ];
}

function isAmbiguousBeside(old: FunctionNode, made: FunctionNode): boolean {
  const [before, after] = [inputParameters(old), inputParameters(made)];
  if (after.length <= before.length) return false;
  const isPrefix = before.every(
    ({ argType }, at) => JSON.stringify(argType?.names) === JSON.stringify(after[at]?.argType?.names),
  );
  return isPrefix && after.slice(before.length).every(({ defexpr }) => defexpr !== undefined);
}
