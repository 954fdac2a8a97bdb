import type { Finding, MigrationRef } from '../../model/index.ts';
import type { ForeignEntry, ForeignLedger, LedgerTool } from './ledger-tool.ts';

export function missingFile(tool: LedgerTool, entry: ForeignEntry): Finding {
  return {
    code: 'adopt.no-file',
    severity: 'error',
    message: `${tool.title} applied ${entry.label}, and none of the files is certainly that one`,
    hint: 'Bring the file back as it was applied; or, when a squashed file holds what it did, name that one with --baseline.',
  };
}

export function unmatchedNumber(tool: LedgerTool, sequence: number): Finding {
  return {
    code: 'adopt.no-file',
    severity: 'error',
    message: `${tool.title} says that the schema is at version ${sequence}, and no file has that number`,
    hint: 'Bring the files back as they were applied; or, when a squashed file holds what they did, name that one with --baseline.',
  };
}

export function edited(tool: LedgerTool, entry: ForeignEntry, file: MigrationRef): Finding {
  return {
    code: 'adopt.edited',
    severity: 'error',
    message: `it is not what ${tool.title} applied as ${entry.label}: its checksum is another one`,
    position: { file: file.path },
    hint: 'Bring the file back as it was applied, and make the change in a new one.',
  };
}

export function outOfOrder(file: MigrationRef, behind: MigrationRef): Finding {
  return {
    code: 'adopt.out-of-order',
    severity: 'warning',
    message: `it is not applied and stands before ${behind.path}, which is; "onward migrate" will refuse it as late`,
    position: { file: file.path },
    hint: 'Give it a number behind the last one, or declare it as late in the release.',
  };
}

export function unclearBirth(tool: LedgerTool, { bornWith }: ForeignLedger, file: MigrationRef): Finding {
  return {
    code: 'adopt.unusable-baseline',
    severity: 'error',
    message: `${tool.title} takes for granted ${bornWith?.label ?? 'a part of the schema'}, and whether that includes this file cannot be told`,
    position: { file: file.path },
    hint: 'Name the file, or the version, that the schema was born with: --baseline <file|version>.',
  };
}

export function standsBeforeBaseline(file: MigrationRef): Finding {
  return {
    code: 'adopt.before-baseline',
    severity: 'error',
    message: 'it stands before the baseline and was not applied, so "onward migrate" would apply it',
    position: { file: file.path },
    hint: 'Remove the files that the baseline replaces.',
  };
}

export function unprovenNames(tool: LedgerTool, count: number): Finding {
  const files = count === 1 ? 'a file is' : `${count} files are`;
  return {
    code: 'adopt.by-name',
    severity: 'warning',
    message: `${tool.title} ${tool.checksumsOf ? 'has no checksum for' : 'keeps no checksums:'} ${tool.checksumsOf ? (count === 1 ? 'a file, which is' : `${count} files, which are`) : files} taken for applied by name alone`,
    hint: 'Add --prove to build the files on a scratch server and compare that with the schema.',
  };
}

export function offSearchPath(tool: LedgerTool, schema: string): Finding {
  return {
    code: 'adopt.off-search-path',
    severity: 'warning',
    message: `${tool.title} has its table in schema ${schema}, to which unqualified names do not lead for this role: it may have been told to`,
    hint: `If its migrations ran in ${schema} too, run "alter database <name> set search_path = ${schema}": Onward runs files as the role is set up.`,
  };
}

export function hasDownPart(tool: LedgerTool, file: MigrationRef): Finding {
  return {
    code: 'adopt.down-part',
    severity: 'error',
    message: `it holds ${tool.title}'s way back too, which Onward would run as a part of the file`,
    position: { file: file.path },
    hint: `Remove everything from its mark on; or run: onward adopt files --from ${tool.name} --source <folder> --to <new folder>`,
  };
}

export function differsFromRecord(drift: { readonly path: string; readonly kind: 'edited' | 'missing' }): Finding {
  const what = drift.kind === 'edited' ? 'says something else than what' : 'is gone, and';
  return {
    code: 'adopt.differs-from-record',
    severity: 'error',
    message: `it ${what} Onward's own ledger has on record as applied`,
    position: { file: drift.path },
    hint: 'Bring back the file as it was applied; "onward migrate status" shows what differs.',
  };
}

export function noFileOfBirth(tool: LedgerTool, label: string): Finding {
  return {
    code: 'adopt.no-baseline-file',
    severity: 'warning',
    message: `${tool.title} takes for granted ${label}, and no file holds that: these files alone cannot make a new database`,
    hint: 'Add what it stands for as a file of an earlier version; it is proven then, and recorded.',
  };
}
