import * as z from 'zod/mini';
import { type Digest, isDigest } from '../../../model/index.ts';
import type { InstanceSpec } from '../runtime.ts';

const VERSION = 'onward/instance-spec/v1';

/** Ids and service names become names of folders, so they can hold nothing that leaves one. */
const ID = /^[a-z0-9][a-z0-9.-]*$/;
const SERVICE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'must be a sha256 digest');

const document = z.strictObject({
  schema: z.literal(VERSION),
  id: z.string().check(z.regex(ID, 'must consist of a-z, 0-9, "." and "-"')),
  service: z.string().check(z.regex(SERVICE, 'must consist of letters, digits, ".", "_" and "-"')),
  release: z.string(),
  kind: z.enum(['service', 'one-shot']),
  identity: digest,
  config: digest,
  artifact: z.string().check(z.startsWith('/', 'must be an absolute path')),
  command: z.array(z.string()).check(z.minLength(1, 'must name a program')),
  environment: z.record(z.string().check(z.regex(/^[^=\0]+$/, 'must be a name without "="')), z.string()),
  graceMs: z.int().check(z.nonnegative('must not be negative')),
  run: z.string(),
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

export function isInstanceId(text: string): boolean {
  return ID.test(text);
}
