import * as z from 'zod/mini';
import type { InstanceSpec } from '../runtime.ts';
import { specFields } from '../spec-fields.ts';

const VERSION = 'onward/instance-spec/v1';

const document = z.strictObject({
  schema: z.literal(VERSION),
  ...specFields,
  environment: z.record(z.string().check(z.regex(/^[^=\0]+$/, 'must be a name without "="')), z.string()),
});

/** The text of `spec.json`. Throws a `$ZodError` when the specification cannot be kept as it is. */
export function encodeSpec(spec: InstanceSpec): string {
  return `${JSON.stringify(document.parse({ schema: VERSION, ...spec }), null, 2)}\n`;
}

/** Strict: throws a `SyntaxError` or a `$ZodError` for anything that `encodeSpec` does not write. */
export function decodeSpec(text: string): InstanceSpec {
  const { schema: _schema, ...spec } = document.parse(JSON.parse(text));
  return spec;
}
