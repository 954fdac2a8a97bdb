/** Random choices that a seed repeats. */
export interface Chooser {
  /** A whole number from 0 to `below` - 1. */
  integer(below: number): number;
  isLucky(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** `undefined` when there is nothing to choose from. */
  pickAny<T>(from: Iterable<T>): T | undefined;
  some<T>(from: readonly T[], count: number): readonly T[];
}

/** Mulberry32: small, fast, and good enough to choose test cases. */
export function createChooser(seed: number): Chooser {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (below: number) => Math.floor(next() * below);
  const pickAny = <T>(from: Iterable<T>): T | undefined => {
    const all = [...from];
    return all[integer(all.length)];
  };
  return {
    integer,
    isLucky: (probability) => next() < probability,
    pick(from) {
      const found = from[integer(from.length)];
      if (found === undefined) throw new Error('There is nothing to choose from');
      return found;
    },
    pickAny,
    some(from, count) {
      const left = [...from];
      const found: (typeof left)[number][] = [];
      while (found.length < count && left.length > 0) found.push(...left.splice(integer(left.length), 1));
      return found;
    },
  };
}
