import {
  assertNever,
  type ConfigurationKey,
  type DeclaredConfigurationChange,
  isWithinKey,
  parseConfigurationKey,
} from '../model/index.ts';

/** What is left of the changes of several releases to one file, when each has been made in its order. */
export interface FoldedChanges {
  readonly renames: readonly (Origin & { readonly to: ConfigurationKey })[];
  readonly removes: readonly Origin[];
  /** Keys that must be there in the end; with a default, they are added. */
  readonly needs: readonly (Origin & { readonly default?: string | number | boolean })[];
  readonly deprecations: readonly (Origin & { readonly instead?: string; readonly message?: string })[];
  /** Keys of secrets, under every name they have had. */
  readonly secrets: readonly ConfigurationKey[];
}

interface Origin {
  readonly key: ConfigurationKey;
  /** The release that declares it. */
  readonly release: string;
  readonly description?: string;
}

/**
 * Folds changes into what they come to: a key that is added and then renamed is needed under its new name; one that is needed and then removed is
 * not. A key that the last release knows is neither removed nor renamed, whatever it meant before: so making the changes again to a file that has
 * them changes nothing.
 */
export function foldChanges(changes: readonly DeclaredConfigurationChange[]): FoldedChanges {
  let renames: FoldedChanges['renames'] = [];
  let removes: FoldedChanges['removes'] = [];
  let needs: FoldedChanges['needs'] = [];
  let deprecations: FoldedChanges['deprecations'] = [];
  const secrets: ConfigurationKey[] = [];
  for (const { release, change } of changes) {
    const key = parseConfigurationKey(change.key);
    if (!key) continue;
    const { description } = change;
    const origin: Origin = { key, release, ...(description === undefined ? {} : { description }) };
    const others = <T extends Origin>(list: readonly T[]) => list.filter((each) => !isWithinKey(each.key, key));
    if (change.secret) secrets.push(key);
    switch (change.kind) {
      case 'added':
      case 'required':
        needs = [...others(needs), change.kind === 'added' ? { ...origin, default: change.default } : origin];
        deprecations = others(deprecations);
        break;
      case 'renamed': {
        const to = parseConfigurationKey(change.to);
        if (!to) continue;
        const moved = (each: ConfigurationKey) => (isWithinKey(each, key) ? [...to, ...each.slice(key.length)] : each);
        const move = <T extends Origin>(list: readonly T[]) => list.map((each) => ({ ...each, key: moved(each.key) }));
        if (change.secret) secrets.push(to);
        needs = move(needs);
        deprecations = move(deprecations);
        renames = [...renames.map((each) => ({ ...each, to: moved(each.to) })), { ...origin, to }];
        break;
      }
      case 'removed':
        removes = [...removes, origin, ...renames.filter(({ to }) => isWithinKey(to, key))];
        renames = renames.filter(({ to }) => !isWithinKey(to, key));
        needs = others(needs);
        deprecations = others(deprecations);
        break;
      case 'deprecated': {
        const { instead, message } = change;
        const said = { ...(instead === undefined ? {} : { instead }), ...(message === undefined ? {} : { message }) };
        deprecations = [...others(deprecations), { ...origin, ...said }];
        break;
      }
      default:
        assertNever(change);
    }
  }
  const known = [...needs.map(({ key }) => key), ...renames.map(({ to }) => to), ...deprecations.map(({ key }) => key)];
  const isGone = ({ key }: Origin) => !known.some((each) => isWithinKey(each, key));
  return { renames: renames.filter(isGone), removes: removes.filter(isGone), needs, deprecations, secrets };
}
