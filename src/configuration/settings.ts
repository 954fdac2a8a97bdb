import type { ConfigurationKey } from '../model/index.ts';
import type { Edit, Settings } from './format.ts';

/** The value at a key; `undefined` when it is not there. Lists are values, not mappings. */
export function findSetting(settings: Settings, key: ConfigurationKey): unknown {
  let found: unknown = settings;
  for (const segment of key) {
    if (!isMapping(found) || !Object.hasOwn(found, segment)) return undefined;
    found = found[segment];
  }
  return found;
}

export function hasSetting(settings: Settings, key: ConfigurationKey): boolean {
  return findSetting(settings, key) !== undefined;
}

/** Every key that holds no mapping, outermost first. */
export function listSettings(settings: Settings, above: ConfigurationKey = []): readonly ConfigurationKey[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const key = [...above, name];
    return isMapping(value) && Object.keys(value).length > 0 ? listSettings(value, key) : [key];
  });
}

/**
 * What an edit means, whatever the text looks like; `undefined` where it cannot be made. A mapping that a removal empties goes too, so that
 * no key without a value is left behind.
 */
export function editSettings(settings: Settings, edit: Edit): Settings | undefined {
  switch (edit.kind) {
    case 'add':
      return setSetting(settings, edit.key, edit.value);
    case 'remove':
      return removeSetting(settings, edit.key);
    case 'rename':
      return setSetting(removeSetting(settings, edit.key), edit.to, findSetting(settings, edit.key));
  }
}

export function isMapping(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setSetting(settings: Settings, key: ConfigurationKey, value: unknown): Settings | undefined {
  const [name, ...rest] = key;
  if (name === undefined) return undefined;
  if (rest.length === 0) return { ...settings, [name]: value };
  const inner = (Object.hasOwn(settings, name) ? settings[name] : undefined) ?? {};
  if (!isMapping(inner)) return undefined;
  const changed = setSetting(inner, rest, value);
  return changed && { ...settings, [name]: changed };
}

function removeSetting(settings: Settings, key: ConfigurationKey): Settings {
  const [name = '', ...rest] = key;
  const inner = Object.hasOwn(settings, name) ? settings[name] : undefined;
  const left = rest.length > 0 && isMapping(inner) ? removeSetting(inner, rest) : {};
  if (rest.length > 0 && (!isMapping(inner) || left === inner)) return settings;
  const { [name]: _, ...others } = settings;
  if (Object.keys(left).length === 0) return others;
  return Object.fromEntries(Object.entries(settings).map(([each, value]) => [each, each === name ? left : value]));
}
