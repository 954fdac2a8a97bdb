import type { ShapeChange } from './report.ts';
import type { NamedColumn, NamedShape } from './type-names.ts';

/** Types that clients read alike although they are not one type. */
const ALIKE: readonly (readonly string[])[] = [['text', 'character varying']];

/** What a client that was made for the shape before would see change. */
export function compareShapes(before: NamedShape, after: NamedShape): readonly ShapeChange[] {
  return [...compareColumns(before.columns, after.columns), ...compareParameters(before, after)];
}

function compareColumns(before: readonly NamedColumn[], after: readonly NamedColumn[]): readonly ShapeChange[] {
  const changes: ShapeChange[] = [];
  const places = matchColumns(before, after);
  const added = after.filter((_, index) => !places.includes(index));
  for (const [index, column] of before.entries()) {
    const now = after[places[index] ?? -1];
    const sameSpot = after[index];
    if (now) {
      changes.push(...compareTypes(column, now));
    } else if (before.length === after.length && sameSpot && added.includes(sameSpot)) {
      added.splice(added.indexOf(sameSpot), 1);
      changes.push(
        change('column renamed', `${column.name} is called ${sameSpot.name} now`),
        ...compareTypes(column, sameSpot),
      );
    } else {
      changes.push(change('column removed', `${column.name} is gone`));
    }
  }
  const order = places.filter((place) => place !== -1);
  const isInOrder = order.every((place, index) => index === 0 || place > (order[index - 1] ?? -1));
  if (!isInOrder) {
    changes.push(change('columns reordered', `the columns are ${after.map(({ name }) => name).join(', ')} now`));
  }
  for (const { name, fullType } of added) {
    const isLast = after.findIndex((column) => column.name === name) >= before.length;
    const where = isLast ? 'comes last' : 'stands between the others';
    changes.push({ what: 'column added', description: `${name} (${fullType}) ${where}`, isBreaking: false });
  }
  return changes;
}

/** For each old column its place in the new row, or -1. Of columns of one name, the first goes with the first. */
function matchColumns(before: readonly NamedColumn[], after: readonly NamedColumn[]): readonly number[] {
  const taken = new Set<number>();
  return before.map(({ name }, index) => {
    const own = after[index]?.name === name && !taken.has(index) ? index : -1;
    const place = own === -1 ? after.findIndex((column, at) => column.name === name && !taken.has(at)) : own;
    taken.add(place);
    return place;
  });
}

function compareTypes(before: NamedColumn, after: NamedColumn): readonly ShapeChange[] {
  if (before.fullType === after.fullType) return [];
  const description = `${before.name}: ${before.fullType} is ${after.fullType} now`;
  const isBreaking = before.type !== after.type && !areAlike(before.type, after.type);
  return [{ what: 'column retyped', description, isBreaking }];
}

function compareParameters(before: NamedShape, after: NamedShape): readonly ShapeChange[] {
  return before.parameters.flatMap((type, index) => {
    const now = after.parameters[index] ?? type;
    if (now === type) return [];
    const isBreaking = !areAlike(type, now);
    return [{ what: 'parameter retyped', description: `$${index + 1}: ${type} is ${now} now`, isBreaking }];
  });
}

function areAlike(a: string, b: string): boolean {
  return ALIKE.some((types) => types.includes(a) && types.includes(b));
}

function change(what: ShapeChange['what'], description: string): ShapeChange {
  return { what, description, isBreaking: true };
}
