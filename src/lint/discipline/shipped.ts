import type { LintFile } from '../lint-file.ts';

/** A migration that has gone out in a release, compared with what is there now. */
export interface ShippedFile {
  /** As the files that were read name theirs. */
  readonly path: string;
  /** Where that is known from: `released.sha256`, or the release that was asked for. */
  readonly shippedIn: string;
  /** `rewrapped`: other line ends only. */
  readonly state: 'same' | 'rewrapped' | 'edited' | 'removed';
  /** What was shipped, where it can be had and is not large. */
  readonly before?: Buffer;
}

/** The files with `isShipped` set. One that Flyway repeats at each change may change, and is judged when it has. */
export function markShipped(files: readonly LintFile[], shipped: readonly ShippedFile[]): readonly LintFile[] {
  const states = new Map(shipped.map(({ path, state }) => [path, state]));
  return files.map((file) => {
    const state = states.get(file.path);
    const isShipped = state !== undefined && !(state === 'edited' && isRepeatable(file));
    return isShipped ? { ...file, isShipped } : file;
  });
}

export function isRepeatable({ layout, path }: Pick<LintFile, 'layout' | 'path'>): boolean {
  return layout === 'flyway' && /(^|\/)R__[^/]*$/.test(path);
}
