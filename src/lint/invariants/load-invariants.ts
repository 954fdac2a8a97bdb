import { dirname, join } from 'node:path';
import type { Position } from '../../model/index.ts';
import { createPathLocator, loadSqlParser, parseDocument, type SqlStatement, type System } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import { fileFinding } from '../layouts/findings.ts';
import { type InvariantsDocument, invariantsSchema } from './invariants-schema.ts';

export interface LoadedInvariants {
  readonly documents: readonly {
    readonly path: string;
    readonly document: InvariantsDocument;
    readonly locate: (at: readonly PropertyKey[]) => Position;
  }[];
  /** Each statement must give no row. */
  readonly queries: readonly { readonly path: string; readonly statements: readonly SqlStatement[] }[];
  readonly findings: readonly LintFinding[];
}

/** Reads a folder of `*.yaml` and `*.sql`. What cannot be read is a finding; an unreadable invariant holds for nobody. */
export async function loadInvariants(system: System, folder: string): Promise<LoadedInvariants> {
  const documents: LoadedInvariants['documents'][number][] = [];
  const queries: LoadedInvariants['queries'][number][] = [];
  const findings: LintFinding[] = [];
  for (const name of await system.files.names(folder)) {
    const path = join(folder, name);
    if (/\.sql$/i.test(name)) {
      const parser = await loadSqlParser();
      queries.push({ path, statements: parser.split(await system.files.readText(path), path) });
    }
    if (!/\.ya?ml$/i.test(name)) continue;
    const source = { kind: 'invariants', path, text: await system.files.readText(path) };
    const parsed = await parseDocument(source, invariantsSchema);
    if (parsed.value !== undefined && parsed.findings.length === 0) {
      const document = withPaths(parsed.value, path);
      documents.push({ path, document, locate: await createPathLocator(source) });
    }
    for (const { message, position, hint } of parsed.findings) {
      findings.push({
        ...fileFinding(path, {
          rule: 'unreadable-invariants',
          class: 'unanalysed',
          message,
          help: hint ?? `Mend ${path}.`,
        }),
        line: position?.line ?? 1,
        column: position?.column ?? 1,
      });
    }
  }
  return { documents, queries, findings };
}

function withPaths(document: InvariantsDocument, path: string): InvariantsDocument {
  const { sameSchema } = document;
  return sameSchema === undefined ? document : { ...document, sameSchema: join(dirname(path), sameSchema) };
}
