import type { Effects } from '../effects/effects.ts';

/**
 * Effects as one line that compares: `t AccessExclusive; rewrite t; build t; scan t`. Names in `public` go without it; nothing at all is
 * `nothing`.
 */
export function renderOutcome(effects: Omit<Effects, 'unknown'>): string {
  const short = (name: string) => name.replace(/^public\./, '');
  const locks = effects.locks.map(({ relation, mode }) => `${short(relation)} ${mode.replace(/Lock$/, '')}`).sort();
  const list = (word: string, names: readonly string[]) => [...names].map((name) => `${word} ${short(name)}`).sort();
  const parts = [
    ...locks,
    ...list('rewrite', effects.rewrites),
    ...list('build', effects.indexBuilds),
    ...list('scan', effects.scans),
  ];
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}
