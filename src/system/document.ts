import type { ZodType } from 'zod';
import { ExitCode, type Finding, OnwardError, type Position, renderFinding } from '../model/index.ts';
import type { Files } from './files.ts';
import type { DocumentSource, ParsedDocument } from './yaml-document.ts';

/**
 * Reads and parses a YAML or JSON file strictly. Throws `document.missing` when it is not there, and `document.invalid`, which holds every
 * problem of it at once.
 */
export async function loadDocument<T>(files: Files, path: string, kind: string, schema: ZodType<T>): Promise<T> {
  const text = await files.readTextIfPresent(path);
  if (text === undefined) {
    throw new OnwardError({
      code: 'document.missing',
      message: `Could not read ${kind}: there is no file ${path}.`,
      hint: 'Name the right file or folder, then run the same command again.',
      state: 'unchanged',
      exit: ExitCode.usage,
    });
  }
  const { value, findings } = await parseDocument({ kind, path, text }, schema);
  if (value === undefined || findings.length > 0) throw unusable(kind, path, findings);
  return value;
}

function unusable(kind: string, path: string, findings: readonly Finding[]): OnwardError {
  const count = findings.length === 1 ? 'a problem' : `${findings.length} problems`;
  return new OnwardError({
    code: 'document.invalid',
    message: `Could not use ${kind} ${path}: it has ${count}.`,
    hint: `Mend ${path}, then run the same command again.`,
    state: 'unchanged',
    exit: ExitCode.usage,
    findings,
    detail: findings.map(renderFinding).join('\n'),
  });
}

/**
 * Text to a trusted value. Every problem is a finding with line and column: syntax, double keys, unknown keys (with the
 * nearest known one), missing keys and wrong values.
 */
export async function parseDocument<T>(source: DocumentSource, schema: ZodType<T>): Promise<ParsedDocument<T>> {
  const { parseYamlDocument } = await loadYaml();
  return parseYamlDocument(source, schema);
}

/** Where the value at a path of a YAML text stands, or the nearest parent that is there. */
export async function createPathLocator(source: DocumentSource): Promise<(at: readonly PropertyKey[]) => Position> {
  const { createYamlLocator } = await loadYaml();
  return createYamlLocator(source);
}

/** The parser is loaded with the first document: many a command starts without any. */
function loadYaml(): Promise<typeof import('./yaml-document.ts')> {
  return import('./yaml-document.ts');
}
