/** When a stop or a risk counts. What cannot be told counts as if it applied. */
export type Condition = LeafCondition | { readonly kind: 'all'; readonly of: readonly LeafCondition[] };

export type LeafCondition =
  | { readonly kind: 'always' }
  | SqlCondition
  | FactCondition
  | { readonly kind: 'dataMigration'; readonly id: string; readonly is: 'incomplete' };

/** Applies when the one value of the query, as text, is this one. */
export interface SqlCondition {
  readonly kind: 'sql';
  readonly database: string;
  readonly query: string;
  readonly equals: string;
}

/** What Onward can see by itself. */
export type FactCondition = { readonly kind: 'fact' } & (
  | { readonly fact: 'server'; readonly database: string; readonly version: string }
  /** The extension is installed, in a version of this range if one is given. */
  | { readonly fact: 'extension'; readonly database: string; readonly name: string; readonly version?: string }
  | ({ readonly fact: 'table'; readonly database: string; readonly table: string } & TableSize)
  | { readonly fact: 'runtime'; readonly service: string; readonly is: string }
  | { readonly fact: 'tool'; readonly version: string }
);

/** Bytes with indexes and partitions, or rows as the server's statistics estimate them. */
export interface TableSize {
  readonly bytes?: Bounds;
  readonly rows?: Bounds;
}

/** At least one of the two. */
export interface Bounds {
  readonly above?: number;
  readonly below?: number;
}

/** What became of a condition, or of all conditions of a stop or a risk together. */
export interface ConditionFact {
  readonly state: 'applies' | 'does-not-apply' | 'unknown';
  /** What was seen, in a sentence without a full stop. */
  readonly evidence: string;
}

/** The conditions of stops and risks as they were found. What is not here was not looked at, and is unknown. */
export interface ConditionFacts {
  /** By `stopKey`. */
  readonly stops: ReadonlyMap<string, ConditionFact>;
  /** By the id of the risk. */
  readonly risks: ReadonlyMap<string, ConditionFact>;
}

export function stopKey(declaredBy: string, id: string): string {
  return `${declaredBy}/${id}`;
}

const ALWAYS: ConditionFact = { state: 'applies', evidence: 'it always applies' };
const NOT_LOOKED_AT: ConditionFact = { state: 'unknown', evidence: 'nobody could look whether it applies' };

/** What is known of a stop or a risk; one without conditions always applies. */
export function findConditionFact(
  when: readonly Condition[] | undefined,
  facts: ReadonlyMap<string, ConditionFact> | undefined,
  key: string,
): ConditionFact {
  if (when === undefined) return ALWAYS;
  return facts?.get(key) ?? NOT_LOOKED_AT;
}

/** A list applies when any of it does, and is unknown when any of it is and none applies. */
export function judgeAny(facts: readonly ConditionFact[]): ConditionFact {
  return firstOf(facts, ['applies', 'unknown', 'does-not-apply']);
}

/** All of it must apply: what does not apply decides, then what is unknown. */
export function judgeAll(facts: readonly ConditionFact[]): ConditionFact {
  return firstOf(facts, ['does-not-apply', 'unknown', 'applies']);
}

/** The first state that one of them has, with the evidence of all that have it. Of nothing, nothing is known. */
function firstOf(facts: readonly ConditionFact[], order: readonly ConditionFact['state'][]): ConditionFact {
  for (const state of order) {
    const found = facts.filter((fact) => fact.state === state);
    if (found.length > 0) return { state, evidence: found.map(({ evidence }) => evidence).join('; ') };
  }
  return NOT_LOOKED_AT;
}
