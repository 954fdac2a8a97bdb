import * as z from 'zod/mini';
import { type Digest, isDigest } from '../../model/index.ts';

/** Ids and service names become names of folders and units, so they can hold nothing that leaves one. */
const ID = /^[a-z0-9][a-z0-9.-]*$/;
const SERVICE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export const digest = z.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'must be a sha256 digest',
);

/** What every runtime that runs folders keeps of a specification. */
export const specFields = {
  id: z.string().check(z.regex(ID, 'must consist of a-z, 0-9, "." and "-"')),
  service: z.string().check(z.regex(SERVICE, 'must consist of letters, digits, ".", "_" and "-"')),
  release: z.string(),
  kind: z.enum(['service', 'one-shot']),
  identity: digest,
  config: digest,
  artifact: z.string().check(z.startsWith('/', 'must be an absolute path')),
  command: z.array(z.string()).check(z.minLength(1, 'must name a program')),
  graceMs: z.int().check(z.nonnegative('must not be negative')),
  run: z.string(),
};

export function isInstanceId(text: string): boolean {
  return ID.test(text);
}
