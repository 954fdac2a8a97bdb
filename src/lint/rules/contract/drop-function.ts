import { hasSameArguments, inputParameters, laterFunctions } from '../definitions.ts';
import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Rule, Subject } from '../rule.ts';

export const dropFunction: Rule = {
  id: 'drop-function',
  hazards: ['C10', 'C2'],
  class: 'contract',
  severity: 'error',
  title: 'Function dropped while old instances may call it',
  why: "The old version's calls fail with 42883 from here on. A function of the same name with other arguments does not answer them.",
  help: 'Make the new function beside the old one, under a new name, and drop the old one in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: 'drop function tax(numeric);',
    },
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: "drop function tax(numeric); create function tax(amount numeric, rate numeric) returns numeric language sql as 'select amount * rate';",
    },
  ],
  good: [
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: 'drop function tax(numeric);',
      phase: 'contract',
    },
    {
      before: "create function tax(amount numeric) returns numeric language sql as 'select amount * 0.2';",
      sql: "drop function if exists tax(numeric); create function tax(amount numeric) returns numeric language sql as 'select amount * 0.25';",
    },
  ],
  check: (subject) =>
    droppedObjects(subject, ['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE'])
      .filter(({ name }) => !isMadeAgain(subject, name))
      .map((object) => ({ message: `the old version's calls of ${describeObject(object)} fail from here on` })),
};

/** Made again with the arguments that the statement names, if it names them. */
function isMadeAgain({ node, ...rest }: Subject, name: Parameters<typeof laterFunctions>[1]): boolean {
  const objects = 'DropStmt' in node ? (node.DropStmt.objects ?? []) : [];
  return laterFunctions({ node, ...rest }, name).some((made) =>
    objects.some((object) => {
      if (!('ObjectWithArgs' in object)) return false;
      const { objargs, args_unspecified: isBare } = object.ObjectWithArgs;
      const named = (objargs ?? []).flatMap((item) => ('TypeName' in item ? [{ argType: item.TypeName }] : []));
      return isBare === true || hasSameArguments(named, inputParameters(made));
    }),
  );
}
