import { type Repair, STAGES } from './repair.ts';

/**
 * The order in which the statements can run: stage by stage, and among those that make something, what is mentioned before what mentions it.
 * What is dropped to be made again goes the other way around.
 */
export function orderRepairs<T extends Repair>(repairs: readonly T[]): readonly T[] {
  const needs = findNeeds(repairs.filter(({ stage }) => stage === 'create' || stage === 'view'));
  const late = needingViews(needs);
  const stageOf = (repair: T) => (late.has(repair) ? 'view' : repair.stage);
  return STAGES.flatMap((stage) => {
    const own = repairs.filter((repair) => stageOf(repair) === stage);
    if (stage === 'create' || stage === 'view') return sortByNeed(own, needs);
    if (stage !== 'step aside') return own;
    const made = sortByNeed([...late], needs).map(({ makes }) => makes);
    return [...own].sort((one, other) => made.indexOf(other.makes) - made.indexOf(one.makes));
  });
}

/** For each statement those that make what it mentions. */
type Needs<T> = ReadonlyMap<T, readonly T[]>;

function findNeeds<T extends Repair>(repairs: readonly T[]): Needs<T> {
  const makers = new Map<string, T[]>();
  for (const repair of repairs) {
    const [, name] = split(repair.makes ?? '');
    makers.set(name, [...(makers.get(name) ?? []), repair]);
  }
  // Looking for every name in every statement would take seconds where there are thousands.
  return new Map(
    repairs.map((repair) => [
      repair,
      wordsOf(repair.sql)
        .flatMap((word) => makers.get(word) ?? [])
        .filter((other) => mentions(repair, other)),
    ]),
  );
}

function wordsOf(sql: string): readonly string[] {
  const words = sql.match(/"(?:[^"]|"")*"|[^\s"'().,;:]+/g) ?? [];
  return [...new Set(words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word)))];
}

/** Views come late, because they stand on columns and keys as they should be. What is made of a view comes with them. */
function needingViews<T extends Repair>(needs: Needs<T>): ReadonlySet<T> {
  const late = new Map<T, boolean>();
  const isLate = (repair: T): boolean => {
    const known = late.get(repair);
    if (known !== undefined) return known;
    late.set(repair, repair.stage === 'view');
    const found = repair.stage === 'view' || (needs.get(repair) ?? []).some(isLate);
    late.set(repair, found);
    return found;
  };
  return new Set([...needs.keys()].filter(isLate));
}

/** Depth first. A circle is cut where it closes: the server then says what it lacks. */
function sortByNeed<T extends Repair>(repairs: readonly T[], needs: Needs<T>): readonly T[] {
  const own = new Set(repairs);
  const sorted = new Set<T>();
  const seen = new Set<T>();
  const visit = (repair: T): void => {
    if (seen.has(repair) || !own.has(repair)) return;
    seen.add(repair);
    for (const other of needs.get(repair) ?? []) visit(other);
    sorted.add(repair);
  };
  for (const repair of repairs) visit(repair);
  return [...sorted];
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
