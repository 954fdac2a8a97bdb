import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Digest } from '../../../model/index.ts';
import { unusableSpec } from '../errors.ts';
import type { InstanceSpec } from '../runtime.ts';
import { digest, specFields } from '../spec-fields.ts';
import { isImage } from './container-words.ts';
import { findUnusable } from './environment-file.ts';

const VERSION = 'onward/host-instance/v1';
/** Of what cannot be told. */
export const NO_DIGEST: Digest = `sha256:${'0'.repeat(64)}`;

const document = z.strictObject({
  schema: z.literal(VERSION),
  ...specFields,
  /** An absolute path, or an image by digest. */
  artifact: z
    .string()
    .check(z.regex(/^\/|^\S+@sha256:[0-9a-f]{64}$/, 'must be an absolute path or an image by digest')),
  /** Empty: what the image says. */
  command: z.array(z.string()),
  unit: z.string(),
  /** Of the environment, which stands in a file of its own. */
  environment: digest,
});

/** What a host remembers of an instance. Holds no secret. */
export type HostSpec = Omit<z.infer<typeof document>, 'schema'>;

/** The one line of `spec.json` on the host. Throws `runtime.unusable-spec` when systemd could not run it as it is. */
export function encodeSpec(spec: InstanceSpec, unit: string): string {
  const { id, service, release, kind, identity, config, run, artifact, command, graceMs, environment } = spec;
  const unusable = findUnusable(environment);
  if (unusable.length > 0) throw unusableSpec(id, unusable.join(', '));
  const sealed = createHash('sha256')
    .update(JSON.stringify(Object.entries(environment)))
    .digest('hex');
  const raw = { id, service, release, kind, identity, config, run, unit, artifact, command, graceMs };
  const parsed = document.safeParse({ schema: VERSION, ...raw, environment: `sha256:${sealed}` });
  if (parsed.success && command.length === 0 && !isImage(artifact))
    throw unusableSpec(id, 'command must name a program');
  if (parsed.success) return JSON.stringify(parsed.data);
  throw unusableSpec(id, parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join(', '));
}

/** The one line of `spec.json` of a unit that Onward has not started: of what it is made nothing is known but its identity. */
export function encodeTakenSpec(taken: {
  readonly id: string;
  readonly service: string;
  readonly identity: Digest;
  readonly artifact: string;
  readonly unit: string;
  readonly graceMs: number;
}): string {
  const unknown = { release: '', kind: 'service', config: NO_DIGEST, run: '', command: [], environment: NO_DIGEST };
  return JSON.stringify(document.parse({ schema: VERSION, ...unknown, ...taken }));
}

/** Strict: throws a `SyntaxError` or a `$ZodError` for anything that `encodeSpec` does not write. */
export function decodeSpec(text: string): HostSpec {
  const { schema: _schema, ...spec } = document.parse(JSON.parse(text));
  return spec;
}
