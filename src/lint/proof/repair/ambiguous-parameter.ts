import type { SqlNode } from '../../../system/index.ts';
import { nodesOf, offsetOfNode, type TreeNode } from '../syntax-tree.ts';
import { applyEdits } from './edit-text.ts';

/** In the order in which constants of their type are common where the server cannot tell. */
const TYPES = [
  'int4',
  'text',
  'interval',
  'numeric',
  'timestamptz',
  'bool',
  'jsonb',
  'date',
  'float8',
  'uuid',
  '_text',
];

const MAX_PARAMETERS = 4;

/**
 * A constant has a type of its own, a parameter has only what stands around it: `round($1)`, `generate_series($1, $2)`, `count($1)`. Gives
 * the statement once for each type that the parameters at this place, or the one that is named, could have.
 */
export function castParameters(
  text: string,
  node: SqlNode,
  problem: { readonly offset: number | undefined; readonly message: string },
): readonly string[] {
  const [, number] = /parameter \$(\d+)/.exec(problem.message) ?? [];
  const all = nodesOf(node).filter(({ kind }) => kind === 'ParamRef');
  const meant =
    number === undefined
      ? parametersAt(text, node, problem.offset)
      : all.filter(({ fields }) => fields.number === Number(number)).slice(0, 1);
  if (meant.length === 0 || meant.length > MAX_PARAMETERS) return [];
  const ends = [...new Set(meant.map((parameter) => endOf(text, parameter)))];
  return TYPES.map((type) =>
    applyEdits(
      text,
      ends.map((end) => ({ startOffset: end, endOffset: end, text: `::pg_catalog.${type}` })),
    ),
  );
}

/** The parameters below the function call, operator or parameter that the error points at, without those that have a cast already. */
function parametersAt(text: string, node: SqlNode, offset: number | undefined): readonly TreeNode[] {
  const here = nodesOf(node).filter((found) => 'location' in found.fields && offsetOfNode(text, found) === offset);
  const below = here.map(({ kind, fields }) => {
    const inside = nodesOf({ [kind]: fields });
    const typed = new Set(
      inside
        .filter((found) => found.kind === 'TypeCast')
        .map(({ fields: cast }) => (cast.arg as { readonly ParamRef?: unknown } | undefined)?.ParamRef),
    );
    return inside.filter((found) => found.kind === 'ParamRef' && !typed.has(found.fields));
  });
  return below.sort((a, b) => b.length - a.length)[0] ?? [];
}

function endOf(text: string, parameter: TreeNode): number {
  const start = offsetOfNode(text, parameter);
  return start + (/^\$\d+/.exec(text.slice(start))?.[0].length ?? 0);
}

/** Where an error stands once the casts that were put in are left out: the same place in two attempts is the same number. */
export function placeWithoutCasts(text: string, offset: number): number {
  return text.slice(0, offset).replace(/::pg_catalog\.\w+/g, '').length;
}
