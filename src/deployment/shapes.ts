import { z } from 'zod';
import { parseBytes, parseDuration, parseTimeWindow } from '../model/index.ts';

/** Values that several keys of `onward.yaml` share. */

export const NAME = /^[a-z][a-z0-9-]*$/;
export const NAME_RULE = 'must be lower-case letters, digits and hyphens, starting with a letter';
export const name = z.string().regex(NAME, NAME_RULE);
/** As product.yaml names them: an underscore is common in them. */
export const DATABASE_NAME_RULE = 'must be lower-case letters, digits, hyphens and underscores, starting with a letter';
export const databaseName = z.string().regex(/^[a-z][a-z0-9_-]*$/, DATABASE_NAME_RULE);
/** The message for a key that is no name; other problems of a record keep theirs. */
export const keyError = (rule: string) => (issue: { readonly code?: string }) =>
  issue.code === 'invalid_key' ? `this name ${rule}` : undefined;
export const DURATION = 'must be a duration such as 250ms, 30s, 2m or 12h';
export const duration = z
  .string(DURATION)
  .refine((text) => parseDuration(text) !== undefined, DURATION)
  .meta({ description: 'A duration such as 250ms, 30s, 2m or 12h' });
export const SIZE = 'must be a size such as 512MiB or 1GiB';
export const size = z
  .string(SIZE)
  .refine((text) => parseBytes(text) !== undefined, SIZE)
  .meta({ description: 'A size such as 512MiB or 1GiB' });
export const timeWindow = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseTimeWindow(text);
    if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem });
  })
  .meta({
    description: 'Days, times and a time zone, such as "22:00-06:00 Europe/Zurich" or "Sat-Sun 00:00-24:00 UTC"',
  });
/** Whether a text that ends in a port ends in one that there is; what has another form is refused for that. */
export const isPort = (text: string): boolean => {
  const port = Number(/^\d{1,5}$/.exec(text.slice(text.lastIndexOf(':') + 1))?.[0] ?? 1);
  return port >= 1 && port <= 65_535;
};
export const PORT_RULE = 'must end in a port from 1 to 65535';
export const address = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[^:\s]+):\d{1,5}$/i, 'must be host:port')
  .refine(isPort, PORT_RULE)
  .meta({ description: 'host:port' });
export const value = z
  .union([z.string(), z.number(), z.boolean()])
  .meta({ description: 'A value, or env:NAME to read an environment variable, or file:PATH to read a file' });
