import { createHash } from 'node:crypto';
import type { ZodType } from 'zod';
import { canonicalJson, type Digest, type Finding, type Json } from '../model/index.ts';
import { createLocator, parseDocument } from '../system/index.ts';
import { otherDocumentVersion, wrongDocument } from './errors.ts';

export interface DocumentText {
  readonly path: string;
  readonly text: string;
  /** What it is, for errors. */
  readonly kind: string;
  /** What its `schema` must say. */
  readonly name: string;
}

/**
 * Text of a document that a tool wrote to a trusted value. Fails closed: no JSON, another `schema`, an unknown key or a wrong value
 * throws. It is read as JSON, not as YAML, because a release may list thousands of files.
 */
export async function decodeDocument<T>(
  document: DocumentText,
  schema: ZodType<T>,
): Promise<{ readonly value: T; readonly json: Json }> {
  let json: Json;
  try {
    json = JSON.parse(document.text) as Json;
  } catch (error) {
    throw wrongDocument(document, [locateSyntax(document, (error as Error).message)]);
  }
  const found = json !== null && typeof json === 'object' && 'schema' in json ? json.schema : undefined;
  if (typeof found === 'string' && found !== document.name) throw otherDocumentVersion(document, found);
  const parsed = schema.safeParse(json);
  if (parsed.success) return { value: parsed.data, json };
  // Read once more by the parser that knows where everything stands.
  throw wrongDocument(document, (await parseDocument(document, schema)).findings);
}

/** Where the text stops to be JSON; the parser of the platform says so in words. */
function locateSyntax({ path, text }: DocumentText, said: string): Finding {
  const [, what = said, offset = text.length] = /^(.*?)(?: in JSON)? at position (\d+)/.exec(said) ?? [];
  const position = { file: path, ...createLocator(text)(Number(offset)) };
  return { code: 'release.wrong-document', severity: 'error', message: `is not JSON: ${what}`, position };
}

/** Canonical key order, two spaces: equal documents have equal text, and a change is a small diff. */
export function renderDocument(document: Json): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(document)), undefined, 2)}\n`;
}

/**
 * The bytes behind a file's text, when they have this digest: a byte-order mark is no part of the text and is put back. `undefined`
 * when the text is not what was hashed.
 */
export function bytesOf(text: string, digest: Digest): Buffer | undefined {
  return [text, `\uFEFF${text}`].map((whole) => Buffer.from(whole)).find((bytes) => digestOfText(bytes) === digest);
}

export function digestOfText(text: string | Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
