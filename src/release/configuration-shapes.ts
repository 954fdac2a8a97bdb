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

/** What goes with each of the words that name a change: what it needs, and what it may have beside that. */
const CHANGES = {
  added: { needs: ['default'], may: [] },
  required: { needs: [], may: [] },
  renamed: { needs: ['to'], may: [] },
  removed: { needs: [], may: [] },
  deprecated: { needs: [], may: ['instead', 'message'] },
} as const;
const KINDS = ['added', 'required', 'renamed', 'removed', 'deprecated'] as const;
const DETAILS = ['default', 'to', 'instead', 'message'] as const;

/** A change as the vendor declares it: the word that names it holds the key. */
export const configurationChangeShape = z
  .strictObject({
    ...common,
    added: key.exactOptional().meta({ description: 'A key that is added with its `default` where it is not there.' }),
    default: value.exactOptional(),
    required: key.exactOptional().meta({ description: 'A key that operators must set.' }),
    renamed: key.exactOptional().meta({ description: 'A key that is called `to` from now on.' }),
    to: key.exactOptional(),
    removed: key.exactOptional().meta({ description: 'A key that is taken out.' }),
    deprecated: key.exactOptional().meta({ description: 'A key whose use is warned of.' }),
    instead: z.string().min(1).exactOptional(),
    message: z.string().min(1).exactOptional(),
  })
  .superRefine((declared, report) => {
    const add = (path: readonly string[], message: string) =>
      report.addIssue({ code: 'custom', path: [...path], message });
    const [kind, second] = KINDS.filter((each) => declared[each] !== undefined);
    if (kind === undefined) return add([], `needs one of ${KINDS.join(', ')}`);
    if (second !== undefined) return add([second], `there is "${kind}" already, and a change is one of them`);
    const { needs, may }: { readonly needs: readonly string[]; readonly may: readonly string[] } = CHANGES[kind];
    for (const name of needs.filter((each) => !Object.hasOwn(declared, each))) add([name], `"${kind}" needs it`);
    for (const name of DETAILS.filter((each) => declared[each] !== undefined))
      if (!needs.includes(name) && !may.includes(name)) add([name], `does not go with "${kind}"`);
  });

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

/** What the vendor wrote, in one form; the shape has accepted it. */
export function buildConfigurationChange(declared: z.infer<typeof configurationChangeShape>): ConfigurationChange {
  const { added, required, renamed, removed, deprecated, default: fallback = '', to = '', ...rest } = declared;
  const { instead: _, message: __, ...base } = rest;
  if (added !== undefined) return { ...base, kind: 'added', key: added, default: fallback };
  if (required !== undefined) return { ...base, kind: 'required', key: required };
  if (renamed !== undefined) return { ...base, kind: 'renamed', key: renamed, to };
  if (removed !== undefined) return { ...base, kind: 'removed', key: removed };
  return { ...rest, kind: 'deprecated', key: deprecated ?? '' };
}
