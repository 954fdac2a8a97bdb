import { z } from 'zod';
import { type ConfigurationChange, parseConfigurationKey } from '../model/index.ts';

const file = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, { error: 'must be lower-case letters, digits and hyphens, starting with a letter' })
  .meta({ description: 'The file, by the name under which the onward.yaml of operators maps it.' });
const key = z.string().refine((text) => parseConfigurationKey(text) !== undefined, {
  error: 'must be a key such as BILLING_CURRENCY or database.host; a segment that holds a dot stands in double quotes',
});
const value = z.union([z.string(), z.number(), z.boolean()]);
const common = {
  file,
  description: z.string().min(1).exactOptional(),
  secret: z.boolean().exactOptional().meta({ description: 'Its value is never shown.' }),
};

/** A change as the vendor declares it: the word that names it holds the key. */
export const configurationChangeShape = z.union([
  z.strictObject({ ...common, added: key, default: value }),
  z.strictObject({ ...common, required: key }),
  z.strictObject({ ...common, renamed: key, to: key }),
  z.strictObject({ ...common, removed: key }),
  z.strictObject({
    ...common,
    deprecated: key,
    instead: z.string().min(1).exactOptional(),
    message: z.string().min(1).exactOptional(),
  }),
]);

/** A change as the release document holds it. */
export const recordedConfigurationChangeShape = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('added'), key, default: value }),
  z.strictObject({ ...common, kind: z.literal('required'), key }),
  z.strictObject({ ...common, kind: z.literal('renamed'), key, to: key }),
  z.strictObject({ ...common, kind: z.literal('removed'), key }),
  z.strictObject({
    ...common,
    kind: z.literal('deprecated'),
    key,
    instead: z.string().exactOptional(),
    message: z.string().exactOptional(),
  }),
]);

/** What the vendor wrote, in one form. */
export function buildConfigurationChange(declared: z.infer<typeof configurationChangeShape>): ConfigurationChange {
  if ('added' in declared) {
    const { added, ...rest } = declared;
    return { ...rest, kind: 'added', key: added };
  }
  if ('required' in declared) {
    const { required, ...rest } = declared;
    return { ...rest, kind: 'required', key: required };
  }
  if ('renamed' in declared) {
    const { renamed, ...rest } = declared;
    return { ...rest, kind: 'renamed', key: renamed };
  }
  if ('removed' in declared) {
    const { removed, ...rest } = declared;
    return { ...rest, kind: 'removed', key: removed };
  }
  const { deprecated, ...rest } = declared;
  return { ...rest, kind: 'deprecated', key: deprecated };
}
