import { type Repair, STAGES } from './repair.ts';

/**
 * The order in which the statements can run: stage by stage, and among those that make something, what is mentioned before what mentions it.
 * What is dropped to be made again goes the other way around.
 */
export function orderRepairs<T extends Repair>(repairs: readonly T[]): readonly T[] {
  const late = needingViews(repairs);
  const stageOf = (repair: T) => (late.has(repair) ? 'view' : repair.stage);
  return STAGES.flatMap((stage) => {
    const own = repairs.filter((repair) => stageOf(repair) === stage);
    if (stage === 'create' || stage === 'view') return sortByMention(own);
    return stage === 'step aside' ? lastMadeFirst(own, repairs) : own;
  });
}

/** Views come late, because they stand on columns and keys as they should be. What is made of a view comes with them. */
function needingViews<T extends Repair>(repairs: readonly T[]): ReadonlySet<T> {
  const late = new Set(repairs.filter(({ stage }) => stage === 'view'));
  let isGrowing = late.size > 0;
  while (isGrowing) {
    const found = repairs.filter(
      (repair) => repair.stage === 'create' && !late.has(repair) && [...late].some((other) => mentions(repair, other)),
    );
    for (const repair of found) late.add(repair);
    isGrowing = found.length > 0;
  }
  return late;
}

function lastMadeFirst<T extends Repair>(drops: readonly T[], repairs: readonly T[]): readonly T[] {
  const made = sortByMention(repairs.filter(({ stage }) => stage === 'view')).map(({ makes }) => makes);
  return [...drops].sort((one, other) => made.indexOf(other.makes) - made.indexOf(one.makes));
}

/** Depth first. A circle is cut where it closes: the server then says what it lacks. */
function sortByMention<T extends Repair>(repairs: readonly T[]): readonly T[] {
  const sorted: T[] = [];
  const seen = new Set<T>();
  const visit = (repair: T): void => {
    if (seen.has(repair)) return;
    seen.add(repair);
    for (const other of repairs) if (mentions(repair, other)) visit(other);
    sorted.push(repair);
  };
  for (const repair of repairs) visit(repair);
  return sorted;
}

function mentions(repair: Repair, other: Repair): boolean {
  if (other.makes === undefined || other.makes === repair.makes) return false;
  const [schema = '', name = ''] = split(other.makes);
  const spellings = [
    `${schema}.${name}`,
    `${schema}."${name}"`,
    `"${schema}".${name}`,
    `"${schema}"."${name.replaceAll('"', '""')}"`,
  ];
  return spellings.some((spelling) => hasWord(repair.sql, spelling));
}

function split(made: string): readonly [string, string] {
  const at = made.indexOf('.');
  return [made.slice(0, at), made.slice(at + 1)];
}

/** Not as a part of a longer name. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const next = text[at + word.length] ?? '';
    const previous = text[at - 1] ?? '';
    if (!/[A-Za-z0-9_$"]/.test(next) && !/[A-Za-z0-9_$]/.test(previous)) return true;
  }
  return false;
}
