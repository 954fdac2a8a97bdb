import measured from './facts.json' with { type: 'json' };

/** `14-18` and the like: the versions of the server that an entry holds for. */
type ByVersions<T> = Readonly<Record<string, T>>;

interface Facts {
  /** Names of built-in functions, by the most changeable of their overloads. */
  readonly functions: Readonly<Record<Volatility, ByVersions<string>>>;
  /** What each form of `forms.ts` does: see `Outcome`. */
  readonly forms: Readonly<Record<string, ByVersions<string>>>;
  readonly types: {
    /** The type names that were measured, without length or precision. */
    readonly known: string;
    /** Pairs, by `pairKey`, whose change writes no row anew; with `index` the indexes on the column are built again all the same. */
    readonly kept: ByVersions<string>;
    readonly index: ByVersions<string>;
    /** Those of them that hold only while the session's time zone is UTC. */
    readonly utc: ByVersions<string>;
  };
}

export type Volatility = 'immutable' | 'stable' | 'volatile';

const facts: Facts = measured;

/** Function names of each version, made on first use. */
const functions = new Map<number, ReadonlyMap<string, Volatility>>();

/** Of a built-in function; `undefined`: there is none of that name on this server. */
export function functionVolatility(name: string, server: number): Volatility | undefined {
  let names = functions.get(server);
  if (!names) {
    names = new Map(
      (['immutable', 'stable', 'volatile'] as const).flatMap((volatility) =>
        namesIn(facts.functions[volatility], server).map((found) => [found, volatility] as const),
      ),
    );
    functions.set(server, names);
  }
  return names.get(name);
}

function namesIn(lists: ByVersions<string>, server: number): readonly string[] {
  return Object.entries(lists).flatMap(([versions, list]) =>
    includesVersion(versions, server) ? list.split(' ') : [],
  );
}

export function includesVersion(versions: string, server: number): boolean {
  const [first = '', last = first] = versions.split('-');
  return server >= Number(first) && server <= Number(last);
}

/** What a form of `forms.ts` does on a version, such as `t AccessExclusive; rewrite t`; `undefined` where the form is not there. */
export function formOutcome(form: string, server: number): string | undefined {
  return Object.entries(facts.forms[form] ?? {}).find(([versions]) => includesVersion(versions, server))?.[1];
}

/** The type names that were measured, without length or precision. */
const knownTypes = new Set(facts.types.known.split('|'));

/** Whether changes from and to the type, named without length or precision, were measured. */
export function isMeasuredType(base: string): boolean {
  return knownTypes.has(base);
}

/** `kept`: no row is written and no index built. `index`: the indexes on the column are built again. */
export type TypeChange = 'kept' | 'index' | 'rewrite';

/** Pairs of each version, made on first use. */
const pairs = new Map<number, Readonly<Record<'kept' | 'index' | 'utc', ReadonlySet<string>>>>();

/** What changing a column between two measured types does to its table, by `pairKey`. */
export function typeChange(
  key: string,
  { server, isTimeZoneUtc }: { readonly server: number; readonly isTimeZoneUtc: boolean },
): TypeChange {
  let found = pairs.get(server);
  if (!found) {
    const { kept, index, utc } = facts.types;
    found = { kept: pairsIn(kept, server), index: pairsIn(index, server), utc: pairsIn(utc, server) };
    pairs.set(server, found);
  }
  if (!isTimeZoneUtc && found.utc.has(key)) return 'rewrite';
  return found.kept.has(key) ? 'kept' : found.index.has(key) ? 'index' : 'rewrite';
}

function pairsIn(lists: ByVersions<string>, server: number): ReadonlySet<string> {
  return new Set(
    Object.entries(lists).flatMap(([versions, list]) => (includesVersion(versions, server) ? list.split('|') : [])),
  );
}
