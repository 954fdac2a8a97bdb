import { LOCK_MODES, type LockMode } from '../../sql/index.ts';
import measured from './facts.json' with { type: 'json' };
import { pairKey, parseTypeText } from './type-pair.ts';
import { TYPE_ANSWERS, TYPE_SPELLINGS, type TypeAnswer, USER_TYPE_NAMES } from './type-spellings.ts';

/** `14-18` and the like: the versions of the server that an entry holds for. */
type ByVersions<T> = Readonly<Record<string, T>>;

interface Facts {
  /** Names of built-in functions, by the most changeable of their overloads. */
  readonly functions: Readonly<Record<Volatility, ByVersions<string>>>;
  /** What each form of `forms.ts` does, as `renderOutcome` writes it. */
  readonly forms: Readonly<Record<string, ByVersions<string>>>;
  /** What each change between `TYPE_SPELLINGS` does: rows joined by `|`, in the session's time zone UTC and in another. */
  readonly types: Readonly<Record<'utc' | 'elsewhere', ByVersions<string>>>;
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

/** The lock that a form was measured to take on one of the relations of `forms-schema.ts`. */
export function measuredLock(form: string, relation: string, server: number): LockMode | undefined {
  const parts = formOutcome(form, server)?.split('; ') ?? [];
  const mode = parts.find((part) => part.startsWith(`${relation} `))?.slice(relation.length + 1);
  return LOCK_MODES.find((known) => known === `${mode}Lock`);
}

/** Built-in types and those of measured extensions, without length or precision. */
const measuredTypes = new Set(
  TYPE_SPELLINGS.filter((type) => !USER_TYPE_NAMES.includes(type)).map((type) => parseTypeText(type).base),
);

/** Whether changes from and to the type, named without length or precision, were measured. */
export function isMeasuredType(base: string): boolean {
  return measuredTypes.has(base);
}

/** `kept`: no row is written and no index built. `index`: the indexes on the column are built again. */
export type TypeChange = Exclude<(typeof TYPE_ANSWERS)[TypeAnswer], 'refused'>;

/** Answers by `pairKey` for each version and time zone, made on first use. */
const changes = new Map<string, ReadonlyMap<string, TypeAnswer>>();

/** What changing a column between two measured types does to its table, by `pairKey`. A pair of another key was never seen to be kept. */
export function typeChange(
  key: string,
  { server, isTimeZoneUtc }: { readonly server: number; readonly isTimeZoneUtc: boolean },
): TypeChange {
  const zone = isTimeZoneUtc ? 'utc' : 'elsewhere';
  let answers = changes.get(`${zone} ${server}`);
  if (!answers) {
    answers = new Map(typeMatrix(server, zone).map(({ from, to, answer }) => [pairKey(from, to), answer]));
    changes.set(`${zone} ${server}`, answers);
  }
  const answer = TYPE_ANSWERS[answers.get(key) ?? 'r'];
  // What no cast does, an expression has to do for each row.
  return answer === 'refused' ? 'rewrite' : answer;
}

/** Every measured change of type on a version. */
export function typeMatrix(
  server: number,
  zone: 'utc' | 'elsewhere',
): readonly { readonly from: string; readonly to: string; readonly answer: TypeAnswer }[] {
  const rows = Object.entries(facts.types[zone])
    .find(([versions]) => includesVersion(versions, server))?.[1]
    .split('|');
  return TYPE_SPELLINGS.flatMap((from, row) =>
    TYPE_SPELLINGS.map((to, column) => ({ from, to, answer: (rows?.[row]?.[column] ?? 'e') as TypeAnswer })),
  );
}
