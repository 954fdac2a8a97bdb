import {
  type ConfigurationChange,
  type ConfigurationKey,
  compareVersions,
  describeConfigurationKey,
  isWithinKey,
  parseConfigurationKey,
  type Release,
} from '../model/index.ts';

/** A change that contradicts an earlier one of the same release: by its place in the list, and why. */
export interface ContradictedChange {
  readonly index: number;
  readonly message: string;
}

/** A release says one thing of a key. Which of two would count could only be guessed. `undefined`: a change that is wrong by itself. */
export function checkConfiguration(
  changes: readonly (ConfigurationChange | undefined)[],
): readonly ContradictedChange[] {
  const said: { readonly file: string; readonly key: ConfigurationKey; readonly words: string }[] = [];
  const contradicted: ContradictedChange[] = [];
  for (const [index, change] of changes.entries()) {
    if (!change) continue;
    const keys = change.kind === 'renamed' ? [change.key, change.to] : [change.key];
    const [key, to] = keys.map((text) => parseConfigurationKey(text) ?? []);
    if (key && to && isWithinKey(to, key)) {
      const message = `key ${change.key} cannot be renamed to ${change.kind === 'renamed' ? change.to : ''}, which is ${to.length === key.length ? 'the same' : 'inside of it'}`;
      contradicted.push({ index, message });
    }
    for (const each of [key, to].filter((found) => found !== undefined)) {
      const earlier = said.find(
        (one) => one.file === change.file && (isWithinKey(one.key, each) || isWithinKey(each, one.key)),
      );
      const name = describeConfigurationKey(each);
      if (earlier)
        contradicted.push({
          index,
          message: `key ${name} of ${change.file} is ${earlier.words} in this release already`,
        });
    }
    if (key) said.push({ file: change.file, key, words: change.kind });
    if (to) said.push({ file: change.file, key: to, words: 'the new name of another key' });
  }
  return contradicted;
}

/** Keys whose values are secrets, under every name they have had; `undefined`: there are none. A later release need not say it again. */
export function listSecretKeys(
  releases: readonly Pick<Release, 'version' | 'configuration'>[],
): readonly { readonly file: string; readonly key: string }[] | undefined {
  const found = new Map<string, { readonly file: string; readonly key: string }>();
  const ordered = [...releases].sort((one, other) => compareVersions(one.version, other.version));
  for (const change of ordered.flatMap(({ configuration = [] }) => configuration)) {
    const { file, key, secret } = change;
    const isKnown = secret === true || found.has(JSON.stringify([file, key]));
    const names = change.kind === 'renamed' ? [key, change.to] : [key];
    for (const name of isKnown ? names : []) found.set(JSON.stringify([file, name]), { file, key: name });
  }
  return found.size > 0 ? [...found.values()] : undefined;
}
