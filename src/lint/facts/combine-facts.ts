import type { Volatility } from './facts.ts';
import type { VersionFacts } from './measure-facts.ts';

const VOLATILITY: Readonly<Record<string, Volatility>> = { i: 'immutable', s: 'stable', v: 'volatile' };

/** The facts of all versions as `facts.json` holds them: versions that agree stand together. */
export function combineFacts(byServer: ReadonlyMap<number, VersionFacts>): object {
  const functions = collect(byServer, ({ functions: names }) =>
    [...names].map(([name, letter]) => `${VOLATILITY[letter]} ${name}`),
  );
  const lists: Record<Volatility, Record<string, string[]>> = { immutable: {}, stable: {}, volatile: {} };
  for (const [entry, versions] of functions) {
    const [volatility, name = ''] = entry.split(' ') as [Volatility, string];
    for (const span of spans(versions)) {
      lists[volatility][span] ??= [];
      lists[volatility][span]?.push(name);
    }
  }
  const forms: Record<string, Record<string, string>> = {};
  for (const [entry, versions] of collect(byServer, (facts) =>
    [...facts.forms].map(([id, outcome]) => `${id} ${outcome}`),
  )) {
    const id = entry.slice(0, entry.indexOf(' '));
    for (const span of spans(versions)) forms[id] = { ...forms[id], [span]: entry.slice(id.length + 1) };
  }
  return {
    functions: Object.fromEntries(
      Object.entries(lists).map(([volatility, names]) => [
        volatility,
        Object.fromEntries(Object.entries(names).map(([span, found]) => [span, found.sort().join(' ')])),
      ]),
    ),
    forms,
    types: { utc: matrix(byServer, 'types'), elsewhere: matrix(byServer, 'typesElsewhere') },
  };
}

function matrix(byServer: ReadonlyMap<number, VersionFacts>, key: 'types' | 'typesElsewhere'): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [rows, versions] of collect(byServer, (facts) => [facts[key].join('|')])) {
    for (const span of spans(versions)) found[span] = rows;
  }
  return found;
}

/** For each entry, the versions that have it, in order. */
function collect(
  byServer: ReadonlyMap<number, VersionFacts>,
  entries: (facts: VersionFacts) => readonly string[],
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [server, facts] of [...byServer].sort(([a], [b]) => a - b)) {
    for (const entry of entries(facts)) {
      const versions = found.get(entry);
      if (versions) versions.push(server);
      else found.set(entry, [server]);
    }
  }
  return found;
}

/** `[14, 15, 17]` as `14-15` and `17`. */
function spans(versions: readonly number[]): readonly string[] {
  const found: [number, number][] = [];
  for (const version of versions) {
    const last = found.at(-1);
    if (last && last[1] === version - 1) last[1] = version;
    else found.push([version, version]);
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
}
